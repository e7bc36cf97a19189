import { orderOf } from './loss.js';

/** What a grade is worth: 2^grade − 1. */
export const exponentialGain = (label: number): number => 2 ** label - 1;

/** 1 / log2(1 + rank), ranks from 1. */
export const discount = (rank: number): number => 1 / Math.log2(1 + rank);

/** DCG of gains best first, over the first `cutoff`. */
export function idealDcg(gains: Float64Array, cutoff = Number.POSITIVE_INFINITY): number {
  const best = gains.toSorted().reverse();
  let sum = 0;
  for (let rank = 1; rank <= Math.min(cutoff, best.length); rank++) sum += best[rank - 1]! * discount(rank);
  return sum;
}

/** Ranks from 1 by score, highest first; ties keep the order of the list. */
export function ranksOf(scores: Float64Array): Int32Array {
  const ranks = new Int32Array(scores.length);
  orderOf(scores).forEach((item, position) => {
    ranks[item] = position + 1;
  });
  return ranks;
}
