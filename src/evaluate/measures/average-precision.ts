import { countRelevant, type Grades, type MeasureOptions, relevanceOf, topOf } from './measure.js';

/**
 * Average precision: precision at the rank of each relevant passage found, over all relevant passages; trec_eval's map
 * and map_cut.
 * @returns 0 to 1, and 0 when no passage is relevant
 */
export function averagePrecision(
  ranking: readonly string[],
  grades: Grades,
  { cutoff, relevantFrom = 1 }: MeasureOptions = {},
): number {
  const relevant = countRelevant(grades, relevantFrom);
  if (relevant === 0) return 0;
  let found = 0;
  let sum = 0;
  for (const [index, isRelevant] of relevanceOf(topOf(ranking, cutoff), grades, relevantFrom).entries()) {
    if (isRelevant) sum += ++found / (index + 1);
  }
  return sum / relevant;
}
