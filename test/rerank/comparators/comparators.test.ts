import { describe, expect, test } from 'vitest';
import type { Passage } from '../../../src/core/passage.js';
import { firstComparator } from '../../../src/rerank/comparators/first.js';
import { generateComparator } from '../../../src/rerank/comparators/generate.js';
import { noisyComparator, oracleComparator } from '../../../src/rerank/comparators/judged.js';
import { likelihoodComparator } from '../../../src/rerank/comparators/likelihood.js';
import { pointwiseComparator } from '../../../src/rerank/comparators/pointwise.js';
import { openComparator } from '../../../src/rerank/comparators/registry.js';
import { fakeModel } from '../../fixtures/fake-model.js';

const query = { id: 'q', text: 'how long do fleas live' };
const passages: Passage[] = ['alpha', 'beta', 'gamma', 'delta'].map((text, index) => ({
  id: `p${index}`,
  text,
}));

describe('first', () => {
  test('orders labels by log-probability and keeps them as scores', async () => {
    const model = fakeModel({ nextToken: () => [-3, -1, -2, -4] });
    const comparison = await firstComparator({ model }).compare(query, passages);
    expect(comparison.order).toEqual([1, 2, 0, 3]);
    expect(comparison.scores).toEqual([-3, -1, -2, -4]);
    expect(comparison.warnings).toEqual([]);
  });

  test('takes the first label style that the tokenizer tells apart', async () => {
    let asked: readonly string[] = [];
    const model = fakeModel({
      tellsApart: (replies) => !replies[0]!.startsWith('['),
      nextToken: ({ replies }) => {
        asked = replies;
        return replies.map((_, index) => index);
      },
    });
    await firstComparator({ model }).compare(query, passages);
    expect(asked).toEqual(['A > B', 'B > A', 'C > A', 'D > A']);
    expect(model.seen[0]![0]!.content).toContain('\nA alpha\nB beta\nC gamma\nD delta\n');
  });

  test.each([
    [26, '[Z]'],
    [27, '[27]'],
    [100, '[100]'],
  ])('%d passages have labels up to %s', async (count, last) => {
    const model = fakeModel();
    const many = Array.from({ length: count }, (_, index) => ({ id: `p${index}`, text: `text` }));
    const { order } = await firstComparator({ model }).compare(query, many);
    expect(order).toHaveLength(count);
    expect(model.seen[0]![0]!.content).toContain(`\n${last} text\n`);
  });

  test('where numbers are not told apart, 100 passages get two letters', async () => {
    const model = fakeModel({ tellsApart: (replies) => !/\d/.test(replies.join('')) });
    const many = Array.from({ length: 100 }, (_, index) => ({ id: `p${index}`, text: 'text' }));
    expect((await firstComparator({ model }).compare(query, many)).order).toHaveLength(100);
    expect(model.seen[0]![0]!.content).toContain('\nAA text\nAB text\n');
  });

  test('where no style is told apart, or not the one that is wanted, it is an error', async () => {
    const model = fakeModel({ tellsApart: () => false });
    await expect(firstComparator({ model }).compare(query, passages)).rejects.toMatchObject({
      code: 'ambiguous-labels',
    });
    const brackets = fakeModel({ tellsApart: (replies) => !replies[0]!.startsWith('[') });
    await expect(
      firstComparator({ model: brackets, labelStyle: 'bracketed-letters' }).compare(query, passages),
    ).rejects.toMatchObject({ code: 'ambiguous-labels' });
  });

  test('unseen labels come last in input order, and the mass of the seen is told', async () => {
    const model = fakeModel({
      capabilities: { nextToken: { topK: 20 } },
      nextToken: () => [null, Math.log(0.2), null, Math.log(0.5)],
    });
    const comparison = await firstComparator({ model }).compare(query, passages);
    expect(comparison.order).toEqual([3, 1, 0, 2]);
    expect(comparison.scores).toBeUndefined();
    expect(comparison.warnings).toEqual([
      { code: 'unseen-labels', message: expect.stringMatching(/^2 of 4 .* 0\.700$/), id: 'q' },
    ]);
  });

  test('no label seen is no ranking', async () => {
    const model = fakeModel({ nextToken: ({ replies }) => replies.map(() => null) });
    await expect(firstComparator({ model }).compare(query, passages)).rejects.toMatchObject({
      code: 'bad-reply',
    });
  });

  test('a model without log-probabilities is asked to write, with a warning', async () => {
    const model = fakeModel({ capabilities: { nextToken: 'none' }, generate: () => '[D] > [C] > [B] > [A]' });
    const comparison = await firstComparator({ model }).compare(query, passages);
    expect(comparison.order).toEqual([3, 2, 1, 0]);
    expect(comparison.warnings.map(({ code }) => code)).toEqual(['fallback-generate']);
  });
});

describe('generate', () => {
  test('reads the written ranking and counts repairs', async () => {
    const model = fakeModel({ generate: () => '[C] > [C] > [A]' });
    const comparison = await generateComparator({ model }).compare(query, passages);
    expect(comparison.order).toEqual([2, 0, 1, 3]);
    expect(comparison.warnings).toEqual([
      { code: 'repaired-ranking', message: expect.stringContaining('2 missing, 1 repeated'), id: 'q' },
    ]);
  });

  test.each([
    ['a refusal', { text: '[D] > [C] > [B] > [A]', finish: 'refused' as const }],
    ['an empty reply', { text: '' }],
    ['an error body', { text: '{"error": {"message": "4 3 2 1"}}' }],
    ['a repeated label', { text: '[A] > [A] > [A] > [A]' }],
  ])('%s is never a ranking, and its cost is told', async (_, reply) => {
    const model = fakeModel({ generate: () => reply });
    await expect(generateComparator({ model }).compare(query, passages)).rejects.toMatchObject({
      code: 'unparsed-ranking',
      usage: { calls: 1 },
    });
  });
});

describe('pointwise', () => {
  test('scores by the log-odds of Yes', async () => {
    const odds: Record<string, number[]> = {
      alpha: [-2, -1],
      beta: [-1, -3],
      gamma: [-1, -1],
      delta: [-5, -1],
    };
    const model = fakeModel({
      nextToken: ({ messages }) =>
        odds[Object.keys(odds).find((word) => messages[0]!.content.includes(word))!]!,
    });
    const { order, scores } = await pointwiseComparator({ model }).compare(query, passages);
    expect(scores).toEqual([-1, 2, 0, -4]);
    expect(order).toEqual([1, 2, 0, 3]);
  });

  test('an unseen answer counts with what was not shown; neither seen is an error', async () => {
    const model = fakeModel({ nextToken: () => [Math.log(0.9), null] });
    const { scores, warnings } = await pointwiseComparator({ model }).compare(query, passages.slice(0, 1));
    expect(scores![0]).toBeCloseTo(Math.log(0.9 / 0.1), 10);
    expect(warnings).toEqual([
      { code: 'unseen-labels', message: expect.stringContaining('No was not'), id: 'p0' },
    ]);
    const blind = fakeModel({ nextToken: () => [null, null] });
    await expect(pointwiseComparator({ model: blind }).compare(query, passages)).rejects.toMatchObject({
      code: 'bad-reply',
      where: 'p0',
    });
  });

  test('a model without log-probabilities writes its answer', async () => {
    const model = fakeModel({
      capabilities: { nextToken: 'none' },
      generate: ({ messages }) => (messages[0]!.content.includes('beta') ? 'Yes, it does.' : 'no'),
    });
    const { order, scores, warnings } = await pointwiseComparator({ model }).compare(query, passages);
    expect([order, scores]).toEqual([
      [1, 0, 2, 3],
      [-1, 1, -1, -1],
    ]);
    expect(warnings[0]!.code).toBe('fallback-generate');
    const vague = fakeModel({
      capabilities: { nextToken: 'none' },
      generate: () => 'Nobody knows: yes and no',
    });
    await expect(pointwiseComparator({ model: vague }).compare(query, passages)).rejects.toMatchObject({
      code: 'bad-reply',
    });
  });

  test('a tokenizer that does not tell the answers apart is refused at once', () => {
    expect(() => pointwiseComparator({ model: fakeModel({ tellsApart: () => false }) })).toThrow(
      expect.objectContaining({ code: 'ambiguous-labels' }),
    );
  });
});

describe('likelihood', () => {
  test("scores by the mean log-probability of the query's tokens, and asks for nothing else", async () => {
    const model = fakeModel({
      likelihood: ({ messages, continuation }) => {
        expect(continuation).toBe(query.text);
        expect(messages[0]!.content).not.toContain(query.text);
        return messages[0]!.content.includes('gamma') ? -1 : -2;
      },
    });
    const { order, scores, usage } = await likelihoodComparator({ model }).compare(query, passages);
    expect([order, scores, usage.calls]).toEqual([[2, 0, 1, 3], [-2, -2, -1, -2], 4]);
  });

  test('passages that begin alike follow each other, and scores go to their own', async () => {
    const model = fakeModel({ likelihood: ({ messages }) => -messages[0]!.content.length });
    const texts = ['same one', 'other', 'same', 'other two', 'same one longer'];
    const { scores } = await likelihoodComparator({ model }).compare(
      query,
      texts.map((text, index) => ({ id: `${index}`, text })),
    );
    expect(model.seen.map(([message]) => /<passage>\n(.*)/.exec(message!.content)![1])).toEqual(
      [...texts].sort(),
    );
    expect([...texts].sort((a, b) => scores![texts.indexOf(b)]! - scores![texts.indexOf(a)]!)).toEqual(
      [...texts].sort((a, b) => a.length - b.length),
    );
  });

  test('a model that cannot is refused at once', () => {
    expect(() => likelihoodComparator({ model: fakeModel({ capabilities: { likelihood: false } }) })).toThrow(
      expect.objectContaining({ code: 'unsupported' }),
    );
  });
});

describe('judged', () => {
  const qrels = new Map([
    [
      'q',
      new Map([
        ['p1', 3],
        ['p3', 1],
      ]),
    ],
  ]);

  test('the oracle orders by grade, ties as shown', async () => {
    expect((await oracleComparator(qrels).compare(query, passages)).order).toEqual([1, 3, 0, 2]);
    expect((await oracleComparator(new Map()).compare(query, passages)).order).toEqual([0, 1, 2, 3]);
  });

  test('noise is the same for a group in any order, and another for another group, seed and query', async () => {
    const scoresOf = async (seed: number, shown: readonly Passage[], id = 'q') => {
      const { scores } = await noisyComparator(qrels, 1, seed).compare({ ...query, id }, shown);
      return Object.fromEntries(shown.map((passage, index) => [passage.id, scores![index]]));
    };
    const base = await scoresOf(1, passages);
    expect(await scoresOf(1, [...passages].reverse())).toEqual(base);
    expect((await scoresOf(2, passages)).p0).not.toBe(base.p0);
    expect((await scoresOf(1, passages.slice(0, 3))).p0).not.toBe(base.p0);
    expect((await scoresOf(1, passages, 'r')).p0).not.toBe(base.p0);
    expect((await noisyComparator(qrels, 0).compare(query, passages)).scores).toEqual([0, 3, 0, 1]);
  });

  test('the noise has the standard deviation asked for', async () => {
    const many = Array.from({ length: 4000 }, (_, index) => ({ id: `n${index}`, text: '' }));
    const { scores } = await noisyComparator(new Map(), 0.5, 3).compare(query, many);
    const mean = scores!.reduce((a, b) => a + b, 0) / many.length;
    expect(mean).toBeCloseTo(0, 1);
    expect(Math.sqrt(scores!.reduce((sum, value) => sum + (value - mean) ** 2, 0) / many.length)).toBeCloseTo(
      0.5,
      1,
    );
  });
});

describe('by name', () => {
  const qrels = new Map([['q', new Map([['p2', 1]])]]);

  test.each([
    ['oracle', 'oracle'],
    ['noisy:0.2', 'noisy'],
    ['first', 'first'],
    ['generate', 'generate'],
    ['pointwise', 'pointwise'],
    ['likelihood', 'likelihood'],
  ])('%s', async (spec, name) => {
    expect((await openComparator(spec, { model: fakeModel(), qrels })).name).toBe(name);
  });

  test.each([
    ['frist', 'unknown-name', 'first'],
    ['first', 'usage', '"model"'],
    ['oracle', 'usage', '"qrels"'],
    ['replay', 'usage', 'replay:FILE'],
    ['replay:', 'usage', 'replay:FILE'],
    ['replay:/nowhere.jsonl', 'missing-file', 'path'],
  ])('%s without what it needs: %s', async (spec, code, hint) => {
    await expect(openComparator(spec)).rejects.toMatchObject({ code, hint: expect.stringContaining(hint) });
  });

  test.each(['noisy:', 'noisy:x', 'noisy:-1'])('%s is refused', async (spec) => {
    await expect(openComparator(spec, { qrels })).rejects.toMatchObject({ code: 'usage' });
  });
});

test('no or one passage is ordered by the listwise comparators without a call', async () => {
  const model = fakeModel();
  for (const comparator of [firstComparator({ model }), generateComparator({ model })]) {
    expect((await comparator.compare(query, [])).order).toEqual([]);
    expect((await comparator.compare(query, passages.slice(0, 1))).order).toEqual([0]);
    expect(comparator.cost(query, passages.slice(0, 1)).calls).toBe(0);
  }
  expect(model.seen).toEqual([]);
});

test('provenance names prompt and model', () => {
  expect(firstComparator({ model: fakeModel() }).provenance).toMatchObject({
    promptId: 'rerank/listwise',
    modelId: 'fake',
    promptHash: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
});
