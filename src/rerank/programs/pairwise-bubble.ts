import type { Program } from '../program.js';
import { bubbleSelect } from './bubble.js';
import type { ProgramEntry } from './entry.js';
import { checkNumber } from './grouping.js';
import { checkOrders, type PairwiseOptions, pickBestByPairs } from './pairs.js';

/**
 * Pairwise bubble sort (PRP-Sliding-K): one pass of neighbouring pairs from the back for each rank, at most n − i
 * comparisons for rank i; pairs that met before do not meet again.
 * @throws RankforgeError `usage` for numbers out of range
 * @see Qin et al. 2023, arXiv:2306.17563
 */
export function pairwiseBubble({ top = 10, orders = 1 }: PairwiseOptions = {}): Program {
  checkOrders(orders);
  checkNumber(top, 'The top', { least: 1 });
  return bubbleSelect({ size: 2, top, pick: pickBestByPairs(orders) });
}

export const pairwiseBubbleEntry: ProgramEntry = {
  form: 'pairwise-bubble[:ORDERS][@TOP]',
  summary: 'bubble sort by pairs, the top 10 unless told; ORDERS 2 shows each pair in both',
  numbers: 1,
  create: ([orders], { top }) => pairwiseBubble({ orders, top }),
};
