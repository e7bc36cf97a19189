import { countRelevant, type Grades, type MeasureOptions, relevanceOf, topOf } from './measure.js';

/**
 * The share of all relevant passages that are found; trec_eval's recall, and set_recall without a cutoff.
 * @returns 0 to 1, and 0 when no passage is relevant
 */
export function recall(
  ranking: readonly string[],
  grades: Grades,
  { cutoff, relevantFrom = 1 }: MeasureOptions = {},
): number {
  const relevant = countRelevant(grades, relevantFrom);
  if (relevant === 0) return 0;
  return relevanceOf(topOf(ranking, cutoff), grades, relevantFrom).filter(Boolean).length / relevant;
}
