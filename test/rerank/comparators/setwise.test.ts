import { describe, expect, test } from 'vitest';
import { setwiseComparator } from '../../../src/rerank/comparators/setwise.js';
import { parseBestLabel } from '../../../src/rerank/parse-ranking.js';
import { setwiseHeap } from '../../../src/rerank/programs/setwise-heap.js';
import { composeReranker } from '../../../src/rerank/reranker.js';
import { fakeModel } from '../../fixtures/fake-model.js';

const query = { id: 'q', text: 'how long do fleas live' };
const passages = ['alpha', 'beta', 'gamma', 'delta'].map((text, index) => ({ id: `p${index}`, text }));

test('by logits the labels are asked for alone, and order the others too', async () => {
  let replies: readonly string[] = [];
  const model = fakeModel({
    nextToken: (request) => {
      replies = request.replies;
      return [-3, -1, -4, -2];
    },
  });
  const comparison = await setwiseComparator({ model }).compare(query, passages);
  expect(replies).toEqual(['[A]', '[B]', '[C]', '[D]']);
  expect(comparison.order).toEqual([1, 3, 0, 2]);
  expect(comparison.scores).toEqual([-3, -1, -4, -2]);
});

test('unseen labels come last in input order', async () => {
  const model = fakeModel({
    capabilities: { nextToken: { topK: 20 } },
    nextToken: () => [null, null, Math.log(0.6), null],
  });
  const { order, scores, warnings } = await setwiseComparator({ model }).compare(query, passages);
  expect(order).toEqual([2, 0, 1, 3]);
  expect(scores).toBeUndefined();
  expect(warnings).toEqual([
    { code: 'unseen-labels', message: expect.stringMatching(/^3 of 4 .* 0\.600$/), id: 'q' },
  ]);
});

test('written, the best comes first and the rest keep the order shown', async () => {
  const model = fakeModel({ capabilities: { nextToken: 'none' }, generate: () => 'The best is [C].' });
  const { order, scores, warnings } = await setwiseComparator({ model }).compare(query, passages);
  expect(order).toEqual([2, 0, 1, 3]);
  expect(scores).toBeUndefined();
  expect(warnings.map(({ code }) => code)).toEqual(['fallback-generate']);
});

test('a heap finds the best of thirty by written labels alone', async () => {
  const items = Array.from({ length: 30 }, (_, index) => ({
    passage: { id: `p${index}`, text: `worth ${(index * 7) % 30}` },
  }));
  // Answers with the label of the line that is worth most.
  const model = fakeModel({
    capabilities: { nextToken: 'none' },
    generate: ({ messages }) => {
      const lines = [...messages[0]!.content.matchAll(/^(\[\w+\]) worth (\d+)$/gm)];
      return lines.sort((a, b) => Number(b[2]) - Number(a[2]))[0]![1]!;
    },
  });
  const { items: ranked } = await composeReranker({
    program: setwiseHeap({ children: 4, top: 3 }),
    comparator: setwiseComparator({ model }),
  }).rerank({ query, items });
  const worth = (id: string) => (Number(id.slice(1)) * 7) % 30;
  expect(ranked.slice(0, 3).map(({ id }) => worth(id))).toEqual([29, 28, 27]);
});

describe('which label a reply names', () => {
  const labels = ['[A]', '[B]', '[C]'];
  test.each([
    ['[B]', 1],
    ['[b]', 1],
    ['B', 1],
    ['B.', 1],
    ['(B)', 1],
    ['"B"', 1],
    ['**[B]**', 1],
    ['Passage B', 1],
    ['Passage [B]', 1],
    ['Answer: B', 1],
    ['The most relevant passage is [B].', 1],
    ['[B] is best. I am sure of [B].', 1],
    ['[B] > [A] > [C]', 1],
    ['<think>[A]?</think>[B]', 1],
    ['2', 1],
    ['[2]', 1],
    // None, or more than one.
    ['', undefined],
    ['[D]', undefined],
    ['D', undefined],
    ['[A] or [B]', undefined],
    ['Not [A] but [B]', undefined],
    ['A good passage', undefined],
    ['The 2 best passages', undefined],
    ['I cannot say.', undefined],
    ['{"error": "[B"}', undefined],
    ['4', undefined],
    ['0', undefined],
  ])('%j', (reply, position) => {
    expect(parseBestLabel(reply, labels)).toBe(position);
  });
});

test.each(['[A] or [B]', '', 'I am sorry.'])(
  'written %j is no best label, and its cost is told',
  async (text) => {
    const model = fakeModel({ capabilities: { nextToken: 'none' }, generate: () => text });
    await expect(setwiseComparator({ model }).compare(query, passages)).rejects.toMatchObject({
      code: 'unparsed-ranking',
      usage: { calls: 1 },
    });
  },
);
