import type { Group, Program, ProgramRun } from '../program.js';
import { checkShape, planWindows } from '../windows.js';
import type { ProgramEntry } from './entry.js';

export interface SlidingOptions {
  /** Passages per call. @default 20 */
  readonly size?: number;
  /** Ranks moved between calls, 1 to `size`. @default half of `size` */
  readonly stride?: number;
  /**
   * Ranks that are certain with a perfect comparator. One pass from the back settles `size` − `stride` of them; more
   * take further passes, each over what is not settled yet. @default one pass
   */
  readonly top?: number;
}

/**
 * Windows from the back of the list to its front: the best of one window are carried into the next, so a passage can
 * climb from the last rank to the first. One window a round, since each needs the one before.
 * @throws RankforgeError `usage` for a shape out of range
 * @see Sun et al. 2023, arXiv:2304.09542
 */
export function sliding({ size = 20, stride = Math.floor(size / 2), top }: SlidingOptions = {}): Program {
  checkShape({ size, stride });
  return function* (n): ProgramRun {
    const order = Array.from({ length: n }, (_, index) => index);
    const settledByPass = size - stride;
    const wanted = Math.min(top ?? 1, n);
    let settled = 0;
    do {
      const windows = planWindows(n, { size, stride }, settled);
      for (const { start, end } of windows) {
        const group: Group = order.slice(start, end);
        const [outcome] = yield [group];
        order.splice(start, end - start, ...outcome!.order);
        if (windows.length === 1 && settled === 0 && outcome!.scores)
          return { order, scores: outcome!.scores };
      }
      // One window left nothing unsettled. Windows that do not overlap carry nothing, and more passes would not either.
      settled = windows.length <= 1 || settledByPass === 0 ? n : settled + settledByPass;
    } while (settled < wanted);
    return { order };
  };
}

export const slidingEntry: ProgramEntry = {
  form: 'sliding[:WINDOW[/STRIDE]][@TOP]',
  summary: 'windows from the last ranks to the first, the best carried along',
  numbers: 2,
  create: ([size, stride], { top }) => sliding({ size, stride, top }),
};
