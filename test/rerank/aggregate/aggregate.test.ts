import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { borda } from '../../../src/rerank/aggregate/borda.js';
import type { Meeting } from '../../../src/rerank/aggregate/meetings.js';
import { pageRank } from '../../../src/rerank/aggregate/pagerank.js';
import { plackettLuce } from '../../../src/rerank/aggregate/plackett-luce.js';
import { aggregations } from '../../../src/rerank/aggregate/registry.js';
import { winRate } from '../../../src/rerank/aggregate/win-rate.js';

const meeting = (order: number[], scores?: number[]): Meeting => ({
  group: scores ? [...order] : [...order].sort((a, b) => a - b),
  outcome: scores ? { order, scores } : { order },
});
const orders = (...all: number[][]): Meeting[] => all.map((order) => meeting(order));
const close = (
  actual: readonly (number | undefined)[],
  expected: readonly (number | undefined)[],
  digits = 6,
) => {
  expect(actual).toHaveLength(expected.length);
  for (const [item, value] of expected.entries())
    if (value === undefined) expect(actual[item]).toBeUndefined();
    else expect(actual[item]).toBeCloseTo(value, digits);
};

describe('PageRank', () => {
  test.each([
    // networkx 3.6.1, nx.pagerank(G, alpha=0.85, tol=1e-14) of the weighted graph in which losers point to winners.
    {
      meetings: orders([0, 1, 2], [3, 0, 4], [1, 3, 5], [2, 4, 5], [3, 1, 0]),
      expected: [0.21037039, 0.37705624, 0.03890104, 0.31835983, 0.0303125, 0.025],
    },
    {
      meetings: orders([0, 1, 2, 3], [3, 0, 1], [2, 3], [1, 2]),
      expected: [0.2779278, 0.20979138, 0.1791013, 0.33317952],
    },
  ])('as networkx has it, %#', ({ meetings, expected }) =>
    close(pageRank(meetings, expected.length), expected),
  );

  test('a win over a winner counts for more than a win over a loser', () => {
    // 2 and 3 win once each; 2 beat the item that beat two others.
    const scores = pageRank(orders([2, 0], [0, 4], [0, 5], [3, 1]), 6);
    expect(scores[2]).toBeGreaterThan(scores[3]!);
  });
});

describe('Borda', () => {
  test('is the mean share of each meeting that an item is ahead of', () => {
    close(borda(orders([0, 1, 2], [2, 0], [1, 3, 0, 2]), 5), [
      (2 / 2 + 0 / 1 + 1 / 3) / 3,
      (1 / 2 + 3 / 3) / 2,
      (0 / 2 + 1 / 1 + 0 / 3) / 3,
      2 / 3,
      undefined,
    ]);
  });

  test('a tie is half a place each', () => {
    close(borda([meeting([0, 1, 2], [5, 5, 1])], 3), [0.75, 0.75, 0]);
  });
});

describe('win rate', () => {
  test('is the mean over opponents, who count once however often they were met', () => {
    // 0 beat 1 two times of three and lost to 2 once.
    close(winRate(orders([0, 1], [0, 1], [1, 0], [2, 0]), 4), [(2 / 3 + 0) / 2, 1 / 3, 1, undefined]);
  });

  test('a probability is a share of a win', () => {
    close(winRate([meeting([1, 0], [0.7, 0.3])], 2), [0.3, 0.7]);
    close(winRate([meeting([0, 1], [0.5, 0.5])], 2), [0.5, 0.5]);
    // Log-probabilities and grades are not.
    close(winRate([meeting([0, 1], [-0.2, -1.8])], 2), [1, 0]);
    close(winRate([meeting([0, 1], [3, 2])], 2), [1, 0]);
  });
});

describe('Plackett-Luce', () => {
  test('one item that beats another three times of four is about three times as strong', () => {
    const wins = Array.from({ length: 100 }, (_, index) => (index % 4 === 0 ? [1, 0] : [0, 1]));
    const [a, b] = plackettLuce(orders(...wins), 2);
    expect(Math.exp(a! - b!)).toBeCloseTo(3, 1);
  });

  test('no change of a strength makes the orders, and the prior, more likely', () => {
    const all = fc.array(fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 2 }), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(all, fc.nat(5), fc.constantFrom(-0.05, 0.05), (given, item, step) => {
        const scores = plackettLuce(orders(...given), 6).map((value) => value ?? 0);
        const likelihood = (theta: readonly number[]) => {
          let sum = 0;
          for (const order of given)
            for (const [place, winner] of order.slice(0, -1).entries())
              sum +=
                theta[winner]! -
                Math.log(order.slice(place).reduce((all, one) => all + Math.exp(theta[one]!), 0));
          // A tenth of a win and of a loss against an item of strength 1.
          for (const value of theta) sum += 0.1 * (value - 2 * Math.log(Math.exp(value) + 1));
          return sum;
        };
        const moved = scores.map((value, index) => (index === item ? value + step : value));
        expect(likelihood(scores)).toBeGreaterThanOrEqual(likelihood(moved) - 1e-9);
      }),
    );
  });

  test('who always won and who always lost have finite strengths', () => {
    const scores = plackettLuce(orders([0, 1, 2], [0, 1, 2]), 3);
    expect(scores.every((score) => Number.isFinite(score))).toBe(true);
  });
});

describe.each(Object.entries(aggregations))('%s', (_, aggregate) => {
  test('orders that agree come out as they are', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6], { minLength: 7 }), (truth) => {
        const pairs = truth.flatMap((a, place) => truth.slice(place + 1).map((b) => [a, b]));
        const scores = aggregate(orders(truth, ...pairs, truth), 7);
        expect(truth.toSorted((a, b) => scores[b]! - scores[a]!)).toEqual(truth);
      }),
    );
  });

  test('names do not matter: renamed items have the same scores', () => {
    const given = fc.array(fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 2 }), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(given, fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 5 }), (all, names) => {
        const scores = aggregate(orders(...all), 5);
        const renamed = aggregate(orders(...all.map((order) => order.map((item) => names[item]!))), 5);
        close(
          scores.map((_score, item) => renamed[names[item]!]),
          scores,
        );
      }),
    );
  });

  test('a meeting that failed says nothing, and who met nobody has no score', () => {
    const failed: Meeting = { group: [2, 0], outcome: { order: [2, 0], failed: true } };
    expect(aggregate([failed], 3)).toEqual([undefined, undefined, undefined]);
    const heard = orders([0, 1], [1, 0], [0, 1]);
    expect(aggregate([...heard, failed], 3)).toEqual(aggregate(heard, 3));
    expect(aggregate([], 0)).toEqual([]);
  });
});
