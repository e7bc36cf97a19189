import { describe, expect, test } from 'vitest';
import { kendallTau } from '../../../src/core/kendall-tau.js';
import { mean, orderByScore } from '../../../src/core/vectors.js';
import { borda } from '../../../src/rerank/aggregate/borda.js';
import { plan } from '../../../src/rerank/plan.js';
import type { Program } from '../../../src/rerank/program.js';
import { full } from '../../../src/rerank/programs/full.js';
import { pointwise } from '../../../src/rerank/programs/pointwise.js';
import { sliding } from '../../../src/rerank/programs/sliding.js';
import { rerankRun } from '../../../src/rerank/rerank-run.js';
import { composeReranker } from '../../../src/rerank/reranker.js';
import { dryRun } from '../../../src/rerank/run-program.js';
import { selfConsistent } from '../../../src/rerank/self-consistency/self-consistent.js';
import { biasedComparator, numberedCandidates } from '../biased-comparator.js';
import { collect } from '../collect.js';

const candidates = numberedCandidates(10, 20);
const agreement = async (program: Program) => {
  const comparator = biasedComparator({ bias: (position) => -position / 4 });
  const rankings = await collect(rerankRun(candidates, { program, comparator }));
  return mean(
    rankings.map(({ items }) =>
      kendallTau(
        items.map(({ rank }) => -rank),
        items.map(({ id }) => {
          const [q, index] = id.slice(1).split('-').map(Number);
          return Number(candidates[q!]!.items[index!]!.passage.text);
        }),
      ),
    ),
  );
};

describe('a comparator that prefers what is shown first', () => {
  test.each([
    ['one call', full],
    ['sliding windows', sliding({ size: 10, stride: 5 })],
  ])('%s: more shuffles are nearer to the truth, by Kemeny and by Borda', async (_, program) => {
    const alone = await agreement(program);
    const five = await agreement(selfConsistent(program, { shuffles: 5 }));
    const twenty = await agreement(selfConsistent(program, { shuffles: 20 }));
    expect(five).toBeGreaterThan(alone + 0.05);
    expect(twenty).toBeGreaterThan(five);
    expect(await agreement(selfConsistent(program, { shuffles: 20, aggregate: borda }))).toBeGreaterThan(
      five,
    );
  });
});

describe.each([
  ['full', full],
  ['sliding', sliding({ size: 4, stride: 2 })],
  ['pointwise', pointwise],
])('%s', (_, program) => {
  test.each([0, 1, 2, 5, 9])(
    'the best by a perfect comparator comes first of %d items, and none is lost',
    (n) => {
      const relevance = Array.from({ length: n }, (_, item) => (item * 7) % 10);
      const answer = (group: readonly number[]) => ({
        order: group.toSorted((a, b) => relevance[b]! - relevance[a]!),
        scores: group.map((item) => relevance[item]!),
      });
      const { final } = dryRun(selfConsistent(program, { shuffles: 3 }), n, answer);
      expect(final.order.toSorted((a, b) => a - b)).toEqual([...Array(n).keys()]);
      // What every program finds whatever the order shown: the first.
      expect(final.order[0]).toBe(orderByScore(relevance)[0]);
    },
  );

  test('as many rounds, so many times the calls, and the plan knows', async () => {
    const comparator = biasedComparator();
    const once = plan({ program, comparator, candidates: candidates[0]! });
    const five = plan({
      program: selfConsistent(program, { shuffles: 5 }),
      comparator,
      candidates: candidates[0]!,
    });
    expect([five.calls, five.rounds, five.promptTokens]).toEqual([
      5 * once.calls,
      once.rounds,
      5 * once.promptTokens,
    ]);
    const { usage } = await composeReranker({
      program: selfConsistent(program, { shuffles: 5 }),
      comparator,
    }).rerank(candidates[0]!);
    expect([usage.calls, usage.rounds]).toEqual([five.calls, five.rounds]);
  });
});

test('the same seed shows the same orders, another one others', () => {
  const shownBy = (seed: number) => dryRun(selfConsistent(full, { seed, shuffles: 3 }), 8).rounds;
  expect(shownBy(4)).toEqual(shownBy(4));
  expect(shownBy(4)).not.toEqual(shownBy(5));
});

describe('a failed comparison keeps a shuffled order, so its run has no vote', () => {
  const wanted = [3, 1, 0, 2];
  const answers = (failing: (call: number) => boolean) => {
    let call = 0;
    return (group: readonly number[]) =>
      failing(call++) ? { order: group, failed: true as const } : { order: wanted };
  };

  test('the others decide', () => {
    expect(
      dryRun(
        selfConsistent(full, { shuffles: 3 }),
        4,
        answers((call) => call > 0),
      ).final.order,
    ).toEqual(wanted);
  });

  test('where all failed, the first-stage order stays', () => {
    expect(
      dryRun(
        selfConsistent(full, { shuffles: 3 }),
        4,
        answers(() => true),
      ).final.order,
    ).toEqual([0, 1, 2, 3]);
  });
});

test.each([0, 1.5, Number.NaN])('%d shuffles are refused', (shuffles) => {
  expect(() => selfConsistent(full, { shuffles })).toThrow(expect.objectContaining({ code: 'usage' }));
});
