import type { Passage } from '../core/passage.js';
import { quantile } from '../core/quantile.js';
import type { Query } from '../core/query.js';
import type { ListVectors } from './features/extractor.js';
import type { Latency } from './latency.js';
import { createScorer, type Student } from './student.js';

export interface TimedList {
  readonly query: Query;
  readonly passages: readonly Passage[];
  readonly vectors?: ListVectors;
}

export interface MeasureLatencyOptions {
  /** Passages a list. @default 100 */
  readonly passages?: number;
  /** Lists timed a round. @default 12 */
  readonly lists?: number;
  /** @default 3, after one that is not counted */
  readonly rounds?: number;
}

/**
 * Times a student on lists of 100 passages: its own, filled up with those of the lists after it, since what a list costs besides
 * its passages would count five times over in one of 20. Median and 95th percentile of all rounds.
 */
export function measureLatency(
  student: Student,
  lists: readonly TimedList[],
  { passages = 100, lists: count = 12, rounds = 3 }: MeasureLatencyOptions = {},
): Latency | undefined {
  const filled = fillLists(lists, count, passages);
  if (filled.length === 0) return undefined;
  const score = createScorer(student);
  const times: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    for (const { query, passages: items, vectors } of filled) {
      const started = performance.now();
      score(query, items, vectors);
      if (round > 0) times.push(performance.now() - started);
    }
  }
  return latencyOf(times, filled);
}

/** Median and 95th percentile of the times of lists, in milliseconds. */
export function latencyOf(times: readonly number[], lists: readonly TimedList[]): Latency {
  const sorted = times.toSorted((a, b) => a - b);
  return {
    milliseconds: quantile(sorted, 0.5),
    passages: Math.max(...lists.map((list) => list.passages.length)),
    p95: quantile(sorted, 0.95),
    runs: sorted.length,
  };
}

/** The first lists, each with passages of those after it, up to so many. */
export const fillLists = (lists: readonly TimedList[], count: number, wanted: number): TimedList[] =>
  lists.slice(0, count).map((_, start) => fillList(lists, start, wanted));

/** A list with passages of those after it, up to so many. */
function fillList(lists: readonly TimedList[], start: number, wanted: number): TimedList {
  const order = [...lists.slice(start), ...lists.slice(0, start)];
  const { query, vectors } = order[0]!;
  const take = <T>(of: (list: TimedList) => readonly T[]): T[] => order.flatMap(of).slice(0, wanted);
  return {
    query,
    passages: take((list) => list.passages),
    vectors: vectors && { query: vectors.query, passages: take((list) => list.vectors!.passages) },
  };
}
