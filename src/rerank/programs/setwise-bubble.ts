import type { Program } from '../program.js';
import { bubbleSelect } from './bubble.js';
import type { ProgramEntry } from './entry.js';
import { checkNumber } from './grouping.js';
import { pickBest } from './heap.js';
import type { SetwiseOptions } from './setwise-heap.js';

/**
 * Setwise bubble sort: windows of `children` + 1 from the back, the best of each carried to its front, one pass a rank.
 * At most ⌈(n − i) / children⌉ calls for rank i; what is known from an earlier pass is not asked again.
 * @throws RankforgeError `usage` for numbers out of range
 * @see Zhuang et al. 2024, arXiv:2310.09497
 */
export function setwiseBubble({ children = 19, top = 10 }: SetwiseOptions = {}): Program {
  checkNumber(children, 'The number of children', { least: 1 });
  checkNumber(top, 'The top', { least: 1 });
  return bubbleSelect({ size: children + 1, top, pick: pickBest });
}

export const setwiseBubbleEntry: ProgramEntry = {
  form: 'setwise-bubble[:CHILDREN][@TOP]',
  summary: 'bubble sort by the best of a few, the top 10 unless told',
  numbers: 1,
  create: ([children], { top }) => setwiseBubble({ children, top }),
};
