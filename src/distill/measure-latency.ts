import type { Passage } from '../core/passage.js';
import type { JobOptions } from '../core/progress.js';
import { quantile } from '../core/quantile.js';
import type { Query } from '../core/query.js';
import type { ListVectors } from './features/extractor.js';
import type { Latency } from './latency.js';
import { openScorer, type StudentScorer } from './open-scorer.js';
import type { Student } from './student.js';

export interface TimedList {
  readonly query: Query;
  readonly passages: readonly Passage[];
  readonly vectors?: ListVectors;
}

export interface MeasureLatencyOptions extends Pick<JobOptions, 'signal'> {
  /** Passages a list. @default 100 */
  readonly passages?: number;
  /** Lists timed a round. @default 12; 3 of what reads texts */
  readonly lists?: number;
  /** @default 3; 2 of what reads texts */
  readonly rounds?: number;
}

/**
 * Times students on lists of 100 passages: a list's own, filled up with those of the lists after it, since what a list costs besides
 * its passages would count five times over in one of 20. Each list is ranked by one student after the other, so that what else the
 * machine does in a minute is borne by all of them alike. Median and 95th percentile of all rounds after one to warm up. What
 * reads texts has fewer rounds and lists, since one of a cross-encoder takes seconds.
 * @returns aligned with the students; undefined where there is no list
 * @throws RankforgeError as `openScorer`; the signal's reason
 */
export async function measureLatencies(
  students: readonly Student[],
  lists: readonly TimedList[],
  { passages = 100, lists: count = 12, rounds = 3, signal }: MeasureLatencyOptions = {},
): Promise<(Latency | undefined)[]> {
  const filled = fillLists(lists, count, passages);
  const timed: Timed[] = [];
  try {
    for (const student of students) {
      const most = student.reader ? { rounds: Math.min(2, rounds), lists: 3 } : { rounds, lists: count };
      const warmUp = student.reader ? 1 : count;
      timed.push({ ...most, warmUp, scorer: await openScorer(student), times: [] });
    }
    for (let round = 0; round <= rounds; round++) {
      for (const [place, { query, passages: items, vectors }] of filled.entries()) {
        for (const one of timed) {
          if (round > one.rounds || place >= (round === 0 ? one.warmUp : one.lists)) continue;
          signal?.throwIfAborted();
          const started = performance.now();
          await one.scorer.score(query, items, { vectors, signal });
          if (round > 0) one.times.push(performance.now() - started);
        }
      }
    }
  } finally {
    for (const { scorer } of timed) await scorer[Symbol.asyncDispose]();
  }
  return timed.map(({ times }) => (times.length > 0 ? latencyOf(times, filled) : undefined));
}

interface Timed {
  readonly scorer: StudentScorer;
  readonly rounds: number;
  readonly lists: number;
  readonly warmUp: number;
  readonly times: number[];
}

/** Median and 95th percentile of the times of lists, in milliseconds. */
function latencyOf(times: readonly number[], lists: readonly TimedList[]): Latency {
  const sorted = times.toSorted((a, b) => a - b);
  return {
    milliseconds: quantile(sorted, 0.5),
    passages: Math.max(...lists.map((list) => list.passages.length)),
    p95: quantile(sorted, 0.95),
    runs: sorted.length,
  };
}

/** The first lists, each with passages of those after it, up to so many. */
const fillLists = (lists: readonly TimedList[], count: number, wanted: number): TimedList[] =>
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
