import type { Program } from '../program.js';
import type { ProgramEntry } from './entry.js';
import { checkNumber } from './grouping.js';
import { heapSelect, pickBest } from './heap.js';

export interface SetwiseOptions {
  /** Passages that one is compared with in a call; the call shows one more. The paper's c. @default 19 */
  readonly children?: number;
  /** Ranks that are certain with a perfect comparator. @default 10 */
  readonly top?: number;
}

/**
 * Setwise heapsort: a comparison tells the best of a node and its children, which is all that is asked of it. Building
 * the heap takes at least ⌈(n − 1) / children⌉ calls, and every rank after the first at most one for each level.
 * @throws RankforgeError `usage` for numbers out of range
 * @see Zhuang et al. 2024, arXiv:2310.09497
 */
export function setwiseHeap({ children = 19, top = 10 }: SetwiseOptions = {}): Program {
  checkNumber(children, 'The number of children', { least: 2 });
  checkNumber(top, 'The top', { least: 1 });
  return heapSelect({ children, top, pick: pickBest });
}

export const setwiseHeapEntry: ProgramEntry = {
  form: 'setwise-heap[:CHILDREN][@TOP]',
  summary: 'heapsort by the best of a few, the top 10 unless told',
  numbers: 1,
  create: ([children], { top }) => setwiseHeap({ children, top }),
};
