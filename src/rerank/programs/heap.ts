import {
  bounded,
  type Group,
  type Outcome,
  type Program,
  type ProgramBound,
  type ProgramRun,
} from '../program.js';
import { allItems, inOrder } from './grouping.js';

export interface PickBest {
  /**
   * The best of each contest, all contests side by side; nothing where its comparisons failed. Ties go to the item that
   * is first in first-stage order, so that the order is total.
   */
  best(contests: readonly Group[]): Generator<readonly Group[], (number | undefined)[], readonly Outcome[]>;
  /** What a contest of so many items takes. */
  most(size: number): ProgramBound;
}

/** One comparison a contest, shown in first-stage order. */
export const pickBest: PickBest = {
  *best(contests) {
    const outcomes = yield contests.map(inOrder);
    return outcomes.map(({ order, failed }) => (failed ? undefined : order[0]));
  },
  most: (size) => ({ comparisons: 1, rounds: 1, group: size }),
};

export interface HeapOptions {
  readonly children: number;
  /** How many are taken from the heap; the rest follow in first-stage order. */
  readonly top: number;
  readonly pick: PickBest;
}

/**
 * Heapsort that stops after the first `top`: a contest is a node and its children. The heap is built from its last
 * level to its root, the nodes of a level side by side since their subtrees do not meet. A contest
 * that failed goes to first-stage order.
 */
export const heapSelect = (options: HeapOptions): Program =>
  bounded(
    (n) => select(n, options),
    (n) => mostContests(n, options),
  );

function* select(n: number, { children, top, pick }: HeapOptions): ProgramRun {
  const heap = allItems(n);
  for (const level of levels(n, children).reverse()) yield* sift(heap, level, children, pick);
  const taken: number[] = [];
  while (heap.length > 0) {
    taken.push(heap[0]!);
    const last = heap.pop()!;
    if (heap.length === 0 || taken.length >= top) break;
    heap[0] = last;
    yield* sift(heap, [0], children, pick);
  }
  const done = new Set(taken);
  return { order: [...taken, ...allItems(n).filter((item) => !done.has(item))] };
}

/**
 * A node sinks to the last level at most, by one contest a level. Building sinks every node that has children, those of
 * a level side by side; each rank after the first sinks one node from the root of a heap that has lost one more.
 */
function mostContests(n: number, { children, top, pick }: HeapOptions): ProgramBound {
  const building = nodesByHeight(n, children);
  let contests = building.reduce((sum, nodes) => sum + nodes, 0);
  let inTurn = (building.length * (building.length + 1)) / 2;
  for (let rank = 1; rank < Math.min(top, n); rank++) {
    const { length: height } = nodesByHeight(n - rank, children);
    contests += height;
    inTurn += height;
  }
  const { comparisons, rounds, group } = pick.most(Math.min(children + 1, n));
  return { comparisons: contests * comparisons, rounds: inTurn * rounds, group };
}

/** In a heap of n, how many nodes have 1, 2, 3 … levels below them: so many of those before have a child among those before. */
function nodesByHeight(n: number, children: number): number[] {
  const counts: number[] = [];
  const parents = (nodes: number) => Math.ceil((nodes - 1) / children);
  for (let nodes = parents(n); nodes > 0; nodes = parents(nodes)) counts.push(nodes);
  return counts;
}

/** Positions of a heap of n, level by level from the root. */
function levels(n: number, children: number): number[][] {
  const all: number[][] = [];
  for (let start = 0; start < n; start = children * start + 1)
    all.push(allItems(n).slice(start, children * start + 1));
  return all;
}

/** Lets what stands at these positions sink until none of its children is better. Their subtrees must not meet. */
function* sift(
  heap: number[],
  positions: readonly number[],
  children: number,
  pick: PickBest,
): Generator<readonly Group[], void, readonly Outcome[]> {
  let sinking = positions.filter((position) => children * position + 1 < heap.length);
  while (sinking.length > 0) {
    const contests = sinking.map((position) => [
      heap[position]!,
      ...heap.slice(children * position + 1, children * (position + 1) + 1),
    ]);
    const best = yield* pick.best(contests);
    sinking = sinking.flatMap((position, index) => {
      const item = best[index] ?? Math.min(...contests[index]!);
      if (item === heap[position]) return [];
      const child = heap.indexOf(item, children * position + 1);
      [heap[position], heap[child]] = [item, heap[position]!];
      return children * child + 1 < heap.length ? [child] : [];
    });
  }
}
