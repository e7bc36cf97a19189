import { expect, test } from 'vitest';
import { noUsage } from '../../../src/core/usage.js';
import type { Judge } from '../../../src/generate/judge/judge.js';
import { comparatorFilter, judgeFilter } from '../../../src/generate/negatives/relevance-filter.js';
import type { Comparator } from '../../../src/rerank/comparator.js';

const query = { id: 'q', text: 'q' };
const passages = ['a', 'b', 'c', 'd', 'e'].map((id) => ({ id, text: id }));
/** P(yes) by passage; e is unknown. */
const scores: Record<string, number> = { a: 0.9, b: 0.6, c: 0.4, d: 0.05 };
const judge: Judge = async (_, { id }) => {
  const score = scores[id];
  const grade = score === undefined ? undefined : score >= 0.8 ? 3 : score >= 0.5 ? 2 : score >= 0.2 ? 1 : 0;
  return { grade, score, ledgerKeys: [id] };
};
const grades = async (options: Parameters<typeof judgeFilter>[1]) =>
  (await judgeFilter(judge, options).grade(query, passages)).map(({ grade }) => grade);

test('a judge’s own grades, or its scores by a learnt threshold, with the nearest grade that agrees', async () => {
  expect(await grades({})).toEqual([3, 2, 1, 0, undefined]);
  expect(await grades({ threshold: 0.3 })).toEqual([3, 2, 2, 0, undefined]);
  expect(await grades({ threshold: 0.7 })).toEqual([3, 1, 1, 0, undefined]);
  expect(await grades({ threshold: 0.3, relevantFrom: 3 })).toEqual([3, 3, 3, 0, undefined]);
});

/** Log-odds, all below 0, in groups of two. */
const comparator = (absolute: boolean): Comparator & { readonly sizes: number[] } => {
  const sizes: number[] = [];
  return {
    name: 'logits',
    absolute,
    maxGroup: 2,
    sizes,
    async compare(_, group) {
      sizes.push(group.length);
      const values = group.map(({ id }) => -id.charCodeAt(0));
      return { order: group.map((_, i) => i), scores: values, usage: { ...noUsage, calls: 1 }, warnings: [] };
    },
    cost: () => ({ calls: 1, promptTokens: 0, outputTokens: 0 }),
    async [Symbol.asyncDispose]() {},
  };
};

test('a comparator by a threshold of its scores, negative ones too, in groups that it takes', async () => {
  const compare = comparator(true);
  let calls = 0;
  const filter = comparatorFilter(compare, { threshold: -98, onUsage: (usage) => (calls += usage.calls) });
  expect((await filter.grade(query, passages)).map(({ grade }) => grade)).toEqual([2, 2, 0, 0, 0]);
  expect(compare.sizes).toEqual([2, 2, 1]);
  expect(calls).toBe(3);
});

test('one that only orders a group is refused', () => {
  expect(() => comparatorFilter(comparator(false), { threshold: 0 })).toThrow(
    expect.objectContaining({ code: 'usage', where: 'logits' }),
  );
});
