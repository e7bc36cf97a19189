import { describe, expect, test } from 'vitest';
import { randomStream } from '../../../src/core/random.js';
import { pgRank } from '../../../src/distill/losses/pg-rank.js';
import { centralDifferences } from './sample-lists.js';

const s = Float64Array.of(0.4, -0.3, 0.9, 0.1);
const t = Float64Array.of(1, 3, 0, 2);

function* permutations(items: readonly number[]): Generator<number[]> {
  if (items.length === 0) yield [];
  for (const item of items)
    for (const rest of permutations(items.filter((one) => one !== item))) yield [item, ...rest];
}

/** 1 − the expectation of nDCG, over all 24 rankings with their probabilities. */
function exactLoss(scores: Float64Array, cutoff: number): number {
  const dcg = (order: readonly number[]) =>
    order.slice(0, cutoff).reduce((sum, item, k) => sum + (2 ** t[item]! - 1) / Math.log2(k + 2), 0);
  const ideal = Math.max(...[...permutations([0, 1, 2, 3])].map(dcg));
  let expected = 0;
  for (const order of permutations([0, 1, 2, 3])) {
    let probability = 1;
    order.forEach((item, k) => {
      probability *=
        Math.exp(scores[item]!) / order.slice(k).reduce((sum, one) => sum + Math.exp(scores[one]!), 0);
    });
    expected += (probability * dcg(order)) / ideal;
  }
  return 1 - expected;
}

describe.each([{ cutoff: 10 }, { cutoff: 2 }])('PG-RANK@$cutoff', ({ cutoff }) => {
  test('value and gradient are, in the mean, those of the expectation over all rankings', () => {
    const random = randomStream(11, 'pg-rank-test');
    const runs = 4000;
    let value = 0;
    const grad = new Float64Array(4);
    const squares = new Float64Array(4);
    for (let run = 0; run < runs; run++) {
      const one = pgRank(s, t, { samples: 4, cutoff, random });
      value += one.value / runs;
      one.grad.forEach((x, i) => {
        grad[i]! += x / runs;
        squares[i]! += (x * x) / runs;
      });
    }
    expect(Math.abs(value - exactLoss(s, cutoff))).toBeLessThan(0.006);
    const expected = centralDifferences((x) => exactLoss(x, cutoff), s);
    expected.forEach((one, i) => {
      const error = Math.sqrt((squares[i]! - grad[i]! ** 2) / runs);
      expect(Math.abs(grad[i]! - one)).toBeLessThan(4.5 * error);
    });
  });
});

test('the same stream gives the same gradient, another stream another', () => {
  const at = (seed: number) => pgRank(s, t, { random: randomStream(seed, 'x') });
  expect(at(1)).toEqual(at(1));
  expect(at(1).grad).not.toEqual(at(2).grad);
});

test('the leave-one-out baseline makes the estimate steadier than none would', () => {
  // Without a baseline each sample's gradient is scaled by its whole utility: one sample against itself shows by how much.
  const spread = (samples: number) => {
    const random = randomStream(5, 'spread', samples);
    const first = Array.from({ length: 300 }, () => pgRank(s, t, { samples, random }).grad[1]!);
    const mean = first.reduce((sum, one) => sum + one, 0) / first.length;
    return first.reduce((sum, one) => sum + (one - mean) ** 2, 0) / first.length;
  };
  expect(spread(32)).toBeLessThan(spread(2) / 8);
});
