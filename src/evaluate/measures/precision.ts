import { type Grades, type MeasureOptions, relevanceOf, topOf } from './measure.js';

/**
 * The share of the first `cutoff` ranks that hold a relevant passage; trec_eval's P, and set_P without a cutoff. Ranks
 * that a short ranking leaves empty count as not relevant.
 * @returns 0 to 1
 */
export function precision(
  ranking: readonly string[],
  grades: Grades,
  { cutoff, relevantFrom = 1 }: MeasureOptions = {},
): number {
  const found = relevanceOf(topOf(ranking, cutoff), grades, relevantFrom).filter(Boolean).length;
  return ranking.length === 0 ? 0 : found / (cutoff ?? ranking.length);
}
