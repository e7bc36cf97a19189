import fc from 'fast-check';
import { expect, test } from 'vitest';
import { firstComparator } from '../../src/rerank/comparators/first.js';
import { generateComparator } from '../../src/rerank/comparators/generate.js';
import { likelihoodComparator } from '../../src/rerank/comparators/likelihood.js';
import { pointwiseComparator } from '../../src/rerank/comparators/pointwise.js';
import { cutToTokens, fitPassages } from '../../src/rerank/fit-passages.js';
import { composeReranker } from '../../src/rerank/reranker.js';
import { fakeModel } from '../fixtures/fake-model.js';

const words = (count: number) => Array.from({ length: count }, (_, index) => `w${index}`).join(' ');
const request = (texts: string[], replyTokens = 10) => ({
  render: (shown: readonly string[]) => [{ role: 'user' as const, content: `frame ${shown.join(' ')} end` }],
  texts,
  ids: texts.map((_, index) => `p${index}`),
  replyTokens,
});

test('what fits is left alone', () => {
  const fitted = fitPassages(fakeModel({ contextSize: 100 }), request([words(30), words(40)]));
  expect(fitted.warnings).toEqual([]);
  expect(fitted.promptTokens).toBe(76);
});

test('the longest passages are cut at a word, to one length, and each cut is said', () => {
  const model = fakeModel({ contextSize: 100 });
  const { messages, promptTokens, warnings } = fitPassages(
    model,
    request([words(10), words(300), words(60)]),
  );
  expect(promptTokens).toBeLessThanOrEqual(90);
  expect(promptTokens).toBeGreaterThan(85);
  expect(messages[0]!.content).toContain(`${words(10)} ${words(37)} ${words(37)} end`);
  expect(warnings.map(({ code, id }) => [code, id])).toEqual([
    ['truncated-passage', 'p1'],
    ['truncated-passage', 'p2'],
  ]);
  expect(warnings[0]!.message).toContain('300 tokens and was cut to 37');
});

test('a context too small for 8 tokens a passage is an error', () => {
  expect(() =>
    fitPassages(fakeModel({ contextSize: 60 }), request(Array.from({ length: 20 }, () => words(20)))),
  ).toThrow(expect.objectContaining({ code: 'context-overflow' }));
});

test('a prompt that leaves no room for any passage is said to be too long itself', () => {
  const long = request([words(20)]);
  expect(() =>
    fitPassages(fakeModel({ contextSize: 60 }), {
      ...long,
      render: (texts) => [{ role: 'user', content: `${words(55)} ${texts.join(' ')}` }],
    }),
  ).toThrow(
    expect.objectContaining({
      code: 'context-overflow',
      message: expect.stringContaining('without passages'),
    }),
  );
});

test('a prompt always fits, whatever the lengths', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(400), { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 150, max: 900 }),
      (lengths, contextSize) => {
        const { promptTokens } = fitPassages(fakeModel({ contextSize }), request(lengths.map(words)));
        expect(promptTokens).toBeLessThanOrEqual(contextSize - 10);
      },
    ),
  );
});

test('cutting keeps the longest beginning of whole words; one endless word is cut inside', () => {
  const model = fakeModel();
  fc.assert(
    fc.property(fc.nat(80), fc.integer({ min: 1, max: 60 }), (count, limit) => {
      expect(cutToTokens(words(count), limit, model)).toBe(words(Math.min(count, limit)));
    }),
  );
  const characters = { countTokens: (input: string | readonly unknown[]) => input.length };
  expect(cutToTokens('x'.repeat(50), 8, characters)).toBe('x'.repeat(8));
  expect(cutToTokens('😀'.repeat(10), 5, characters)).toBe('😀😀');
});

test.each([firstComparator, generateComparator, pointwiseComparator, likelihoodComparator])(
  '%o says which passages it cut',
  async (create) => {
    const model = fakeModel({ contextSize: 400, generate: () => '[B] > [A]' });
    const reranker = composeReranker({ program: 'full', comparator: create({ model }) });
    const { warnings, items } = await reranker.rerank({
      query: { id: 'q', text: 'what' },
      items: [{ passage: { id: 'short', text: words(20) } }, { passage: { id: 'long', text: words(3000) } }],
    });
    expect(items).toHaveLength(2);
    expect(warnings).toEqual([expect.objectContaining({ code: 'truncated-passage', id: 'long' })]);
    for (const messages of model.seen) expect(model.countTokens(messages)).toBeLessThan(400);
  },
);
