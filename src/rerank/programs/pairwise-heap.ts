import type { Program } from '../program.js';
import type { ProgramEntry } from './entry.js';
import { checkNumber } from './grouping.js';
import { heapSelect } from './heap.js';
import { checkOrders, type PairwiseOptions, pickBestByPairs } from './pairs.js';

/**
 * Pairwise heapsort (PRP-Sorting): a binary heap whose nodes meet their children in two pairs. A tie, which is also what
 * two orders that disagree make, goes to the better first-stage rank.
 * @throws RankforgeError `usage` for numbers out of range
 * @see Qin et al. 2023, arXiv:2306.17563
 */
export function pairwiseHeap({ top = 10, orders = 1 }: PairwiseOptions = {}): Program {
  checkOrders(orders);
  checkNumber(top, 'The top', { least: 1 });
  return heapSelect({ children: 2, top, pick: pickBestByPairs(orders) });
}

export const pairwiseHeapEntry: ProgramEntry = {
  form: 'pairwise-heap[:ORDERS][@TOP]',
  summary: 'heapsort by pairs, the top 10 unless told; ORDERS 2 shows each pair in both',
  numbers: 1,
  create: ([orders], { top }) => pairwiseHeap({ orders, top }),
};
