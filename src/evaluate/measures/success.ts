import { type Grades, type MeasureOptions, relevanceOf, topOf } from './measure.js';

/** 1 when a relevant passage is found, else 0; trec_eval's success. */
export function success(
  ranking: readonly string[],
  grades: Grades,
  { cutoff, relevantFrom = 1 }: MeasureOptions = {},
): number {
  return relevanceOf(topOf(ranking, cutoff), grades, relevantFrom).includes(true) ? 1 : 0;
}
