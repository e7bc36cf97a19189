import { bounded, type Program, type ProgramBound, type ProgramRun } from '../program.js';
import { planWindows } from '../windows.js';
import { allItems } from './grouping.js';
import type { PickBest } from './heap.js';

export interface BubbleOptions {
  /** Passages per comparison. */
  readonly size: number;
  /** Passes, each bringing the best of what is left to the front. */
  readonly top: number;
  readonly pick: PickBest;
}

/**
 * Bubble sort that stops after the first `top`: windows from the back that share one item, the best of each carried to
 * its front. At most ⌈(n − i) / (size − 1)⌉ calls for the i-th pass; windows whose front has beaten all others in it
 * before are not asked again.
 */
export const bubbleSelect = (options: BubbleOptions): Program =>
  bounded(
    (n) => select(n, options),
    (n) => mostContests(n, options),
  );

function* select(n: number, { size, top, pick }: BubbleOptions): ProgramRun {
  const order = allItems(n);
  const beaten = order.map(() => new Set<number>());
  for (let place = 0; place < Math.min(top, n); place++) {
    for (const { start, end } of planWindows(n, { size, stride: size - 1 }, place)) {
      const group = order.slice(start, end);
      const known = beaten[group[0]!]!;
      if (group.slice(1).every((item) => known.has(item))) continue;
      const [best] = yield* pick.best([group]);
      if (best === undefined) continue;
      const others = group.filter((item) => item !== best);
      for (const item of others) beaten[best]!.add(item);
      order.splice(start, end - start, best, ...others);
    }
  }
  return { order };
}

/** Every window of every pass, one after the other: as many as are asked where all comparisons fail. */
function mostContests(n: number, { size, top, pick }: BubbleOptions): ProgramBound {
  let windows = 0;
  for (let place = 0; place < Math.min(top, n); place++) windows += Math.ceil((n - place - 1) / (size - 1));
  const { comparisons, rounds, group } = pick.most(Math.min(size, n));
  return { comparisons: windows * comparisons, rounds: windows * rounds, group };
}
