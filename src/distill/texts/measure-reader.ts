import type { JobOptions } from '../../core/progress.js';
import type { Latency } from '../latency.js';
import { fillLists, latencyOf, type MeasureLatencyOptions, type TimedList } from '../measure-latency.js';
import { openScorer } from '../open-scorer.js';
import type { Student } from '../student.js';

/**
 * Times a student that reads texts, as `measureLatency` does the others: on lists of 100 passages, once to warm up. It takes fewer
 * rounds (2) and lists (3), since a list of a cross-encoder takes seconds.
 */
export async function measureReader(
  student: Student,
  lists: readonly TimedList[],
  {
    passages = 100,
    lists: count = 3,
    rounds = 2,
    signal,
  }: MeasureLatencyOptions & Pick<JobOptions, 'signal'> = {},
): Promise<Latency | undefined> {
  const filled = fillLists(lists, count, passages);
  if (filled.length === 0) return undefined;
  await using scorer = await openScorer(student);
  const times: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    for (const { query, passages: items, vectors } of round === 0 ? filled.slice(0, 1) : filled) {
      const started = performance.now();
      await scorer.score(query, items, { vectors, signal });
      if (round > 0) times.push(performance.now() - started);
    }
  }
  return latencyOf(times, filled);
}
