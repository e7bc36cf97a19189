import { type Grades, type MeasureOptions, topOf } from './measure.js';

/**
 * The share of the passages found that were judged at all: 1 less trec_eval's unj where at least `cutoff` were found.
 * Low values say that the other measures know little about this ranking. A negative grade is no judgement.
 * @returns 0 to 1, and 0 for an empty ranking
 */
export function judged(ranking: readonly string[], grades: Grades, { cutoff }: MeasureOptions = {}): number {
  const top = topOf(ranking, cutoff);
  return top.length === 0 ? 0 : top.filter((id) => (grades.get(id) ?? -1) >= 0).length / top.length;
}
