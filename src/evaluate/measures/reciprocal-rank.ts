import { type Grades, type MeasureOptions, relevanceOf, topOf } from './measure.js';

/**
 * One over the rank of the first relevant passage; trec_eval's recip_rank. Its mean is MRR.
 * @returns 0 to 1, and 0 when none is found
 */
export function reciprocalRank(
  ranking: readonly string[],
  grades: Grades,
  { cutoff, relevantFrom = 1 }: MeasureOptions = {},
): number {
  const first = relevanceOf(topOf(ranking, cutoff), grades, relevantFrom).indexOf(true);
  return first < 0 ? 0 : 1 / (first + 1);
}
