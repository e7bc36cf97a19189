import {
  bounded,
  type Group,
  type Outcome,
  type Program,
  type ProgramBound,
  type ProgramRun,
} from '../program.js';
import type { ProgramEntry } from './entry.js';
import { allItems, checkNumber, chunk } from './grouping.js';

export interface TdpartOptions {
  /** Passages per call. @default 20 */
  readonly size?: number;
  /** The rank, in the first window, of the pivot that all others are compared with: 1 to `size`. @default `top`, at most half of `size` */
  readonly cutoff?: number;
  /** Ranks that are certain with a perfect comparator; more than `cutoff` take further passes. @default `cutoff` */
  readonly top?: number;
}

/**
 * Top-down partitioning: the first window is ranked and its item at rank `cutoff` becomes the pivot. The rest is cut
 * into windows that each hold the pivot, all in one round; what beats it is ranked the same way, until it fits in one
 * window. Where nothing beats it the first window was right, and it is 1 + ⌈(n − size) / (size − 1)⌉ calls in 2 rounds;
 * else mostly one call and one round more. The paper stops collecting at a budget of candidates; here all are
 * compared, since one round holds them anyway.
 * @throws RankforgeError `usage` for numbers out of range
 * @see Parry, MacAvaney & Ganguly 2024, arXiv:2405.14589
 */
export function tdpart({ size = 20, cutoff, top }: TdpartOptions = {}): Program {
  checkNumber(size, 'The window', { least: 2 });
  const rank = cutoff ?? Math.min(top ?? Number.POSITIVE_INFINITY, Math.floor(size / 2));
  checkNumber(rank, 'The cutoff', { least: 1, most: size });
  const wanted = top ?? rank;
  function* run(n: number): ProgramRun {
    const settled: number[] = [];
    let rest = allItems(n);
    do {
      const fits = rest.length <= size;
      rest = yield* settle(rest, size, rank);
      settled.push(...rest.splice(0, fits ? rest.length : rank));
    } while (settled.length < wanted && rest.length > 1);
    return { order: [...settled, ...rest] };
  }
  return bounded(run, (n) => mostWindows(n, { size, rank, wanted }));
}

/**
 * The most is where all others beat every pivot: then a first window leaves out its pivot and what it ranked below, and
 * each further pass begins with all but the ranks settled.
 */
function mostWindows(
  n: number,
  { size, rank, wanted }: { readonly size: number; readonly rank: number; readonly wanted: number },
): ProgramBound {
  const leftOut = size - rank + 1;
  // By number of candidates, what it takes to settle `rank` of them.
  const [calls, steps] = [
    [0, 0],
    [0, 0],
  ];
  for (let count = 2; count <= n; count++) {
    const fits = count <= size;
    calls.push(fits ? 1 : 1 + Math.ceil((count - size) / (size - 1)) + calls[count - leftOut]!);
    steps.push(fits ? 1 : 2 + steps[count - leftOut]!);
  }
  let [comparisons, rounds] = [0, 0];
  for (let settled = 0; settled < wanted && settled < n; settled += rank) {
    comparisons += calls[n - settled]!;
    rounds += steps[n - settled]!;
    if (n - settled <= size) break;
  }
  return { comparisons, rounds, group: Math.min(size, n) };
}

/** All items again, the first `rank` of them settled. */
function* settle(
  items: readonly number[],
  size: number,
  rank: number,
): Generator<readonly Group[], number[], readonly Outcome[]> {
  let candidates = [...items];
  let below: number[] = [];
  while (candidates.length > size) {
    const [first] = yield [candidates.slice(0, size)];
    const pivot = first!.order[rank - 1]!;
    const better = first!.order.slice(0, rank - 1);
    const worse = first!.order.slice(rank);
    // The pivot is shown first, so a comparison that failed leaves the others below it.
    const outcomes = yield chunk(candidates.slice(size), size - 1).map((others) => [pivot, ...others]);
    for (const { order } of outcomes) {
      const place = order.indexOf(pivot);
      better.push(...order.slice(0, place));
      worse.push(...order.slice(place + 1));
    }
    if (better.length < rank) return [...better, pivot, ...worse, ...below];
    below = [pivot, ...worse, ...below];
    candidates = better;
  }
  if (candidates.length < 2) return [...candidates, ...below];
  const [last] = yield [candidates];
  return [...last!.order, ...below];
}

export const tdpartEntry: ProgramEntry = {
  form: 'tdpart[:WINDOW[/CUTOFF]][@TOP]',
  summary: 'top-down partitioning: what beats the pivot of the first window is ranked again',
  numbers: 2,
  create: ([size, cutoff], { top }) => tdpart({ size, cutoff, top }),
};
