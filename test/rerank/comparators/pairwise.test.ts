import { expect, test } from 'vitest';
import { pairwiseComparator } from '../../../src/rerank/comparators/pairwise.js';
import { full } from '../../../src/rerank/programs/full.js';
import { composeReranker } from '../../../src/rerank/reranker.js';
import { fakeModel } from '../../fixtures/fake-model.js';

const query = { id: 'q', text: 'how long do fleas live' };
const [alpha, beta] = ['alpha', 'beta'].map((text) => ({ id: text, text })) as [
  { id: string; text: string },
  { id: string; text: string },
];

/** Log-odds of the label shown first: how much better its passage is, and how much a model likes what stands first. */
const judge = (better: number, firstPlace: number) =>
  fakeModel({
    nextToken: ({ messages }) => {
      const alphaFirst = messages[0]!.content.includes('[A] alpha');
      const odds = (alphaFirst ? better : -better) + firstPlace;
      return [-Math.log1p(Math.exp(-odds)), -Math.log1p(Math.exp(odds))];
    },
  });

test.each([
  // A preference for a place cancels out.
  { better: 2, place: 0, wins: 1 / (1 + Math.exp(-2)), inconsistent: false },
  { better: 2, place: 1, wins: 1 / (1 + Math.exp(-2)), inconsistent: false },
  { better: -1, place: 5, wins: 1 / (1 + Math.exp(1)), inconsistent: true },
  { better: 0, place: 3, wins: 0.5, inconsistent: true },
  { better: 0, place: 0, wins: 0.5, inconsistent: false },
])(
  'P(first wins) at $better with $place for the first place',
  async ({ better, place, wins, inconsistent }) => {
    const comparator = pairwiseComparator({ model: judge(better, place) });
    const { order, scores, warnings, usage } = await comparator.compare(query, [alpha, beta]);
    expect(scores![0]).toBeCloseTo(wins, 10);
    expect(scores![1]).toBeCloseTo(1 - wins, 10);
    expect(order).toEqual(wins >= 0.5 ? [0, 1] : [1, 0]);
    expect(warnings.map(({ code }) => code)).toEqual(inconsistent ? ['order-inconsistency'] : []);
    expect(usage.calls).toBe(2);
    // Shown the other way round, it is the same verdict.
    const turned = await comparator.compare(query, [beta, alpha]);
    expect(turned.scores![1]).toBeCloseTo(wins, 10);
  },
);

test.each([
  ['a win', ['[A]', '[B]'], [1, 0], []],
  ['a loss', ['[B]', '[A]'], [0, 1], []],
  ['the first place both times', ['[A]', '[A]'], [0.5, 0.5], ['order-inconsistency']],
  ['the last place both times', ['[B]', '[B]'], [0.5, 0.5], ['order-inconsistency']],
] as const)('written: %s', async (_, [shown, turned], scores, codes) => {
  const model = fakeModel({
    capabilities: { nextToken: 'none' },
    generate: ({ messages }) => (messages[0]!.content.includes('[A] alpha') ? shown : turned),
  });
  const comparison = await pairwiseComparator({ model }).compare(query, [alpha, beta]);
  expect(comparison.scores).toEqual(scores);
  expect(comparison.order).toEqual(scores[0] >= 0.5 ? [0, 1] : [1, 0]);
  expect(comparison.warnings.map(({ code }) => code)).toEqual(['fallback-generate', ...codes]);
});

test('one label unseen is a bound, both is an error', async () => {
  const seen = fakeModel({ nextToken: () => [Math.log(0.7), null] });
  const { warnings } = await pairwiseComparator({ model: seen }).compare(query, [alpha, beta]);
  expect(warnings.filter(({ code }) => code === 'unseen-labels').map(({ id }) => id)).toEqual([
    'alpha',
    'beta',
  ]);
  const blind = fakeModel({ nextToken: () => [null, null] });
  await expect(pairwiseComparator({ model: blind }).compare(query, [alpha, beta])).rejects.toMatchObject({
    code: 'bad-reply',
  });
});

test('a second call that fails tells what the first one took', async () => {
  let calls = 0;
  const model = fakeModel({
    capabilities: { nextToken: 'none' },
    generate: () => (calls++ === 0 ? '[A]' : 'no'),
  });
  await expect(pairwiseComparator({ model }).compare(query, [alpha, beta])).rejects.toMatchObject({
    code: 'unparsed-ranking',
    usage: { calls: 2 },
  });
});

test('inconsistencies of a ranking are one warning that counts them', async () => {
  const items = ['a', 'b', 'c', 'd'].map((id) => ({ passage: { id, text: id } }));
  const comparator = pairwiseComparator({ model: fakeModel({ nextToken: () => [-0.1, -3] }) });
  const { warnings } = await composeReranker({ program: 'pairwise-all', comparator }).rerank({
    query,
    items,
  });
  expect(warnings).toEqual([
    { code: 'order-inconsistency', message: expect.stringMatching(/ \(6 times\)$/), id: 'q' },
  ]);
});

test('three passages are refused before anything is sent', async () => {
  const model = fakeModel();
  const items = ['a', 'b', 'c'].map((id) => ({ passage: { id, text: id } }));
  const comparator = pairwiseComparator({ model });
  const reranker = composeReranker({ program: full, comparator });
  await expect(reranker.rerank({ query, items })).rejects.toMatchObject({ code: 'usage' });
  expect(() => composeReranker({ program: 'full', comparator })).toThrow(
    expect.objectContaining({ code: 'usage', hint: expect.stringContaining('pairwise-heap') }),
  );
  expect(model.seen).toEqual([]);
});
