/** Grade by passage id. A negative grade means: in the pool, not judged. */
export type Grades = ReadonlyMap<string, number>;

export interface MeasureOptions {
  /** Ranks looked at, from 1. Without it all of them. */
  readonly cutoff?: number;
  /** The lowest grade that counts as relevant, where a measure knows only relevant or not. trec_eval's -l. @default 1 */
  readonly relevantFrom?: number;
}

/** A measure of one ranking: passage ids best first, against the grades of its query. */
export type MeasureFunction = (
  ranking: readonly string[],
  grades: Grades,
  options?: MeasureOptions,
) => number;

/** @throws {RangeError} when the cutoff is no positive whole number */
export function topOf(ranking: readonly string[], cutoff: number | undefined): readonly string[] {
  if (cutoff === undefined) return ranking;
  if (!Number.isInteger(cutoff) || cutoff < 1)
    throw new RangeError(`The cutoff is ${cutoff}, not a positive whole number`);
  return ranking.slice(0, cutoff);
}

/** How many passages of a query are relevant. */
export function countRelevant(grades: Grades, relevantFrom: number): number {
  let count = 0;
  for (const grade of grades.values()) if (grade >= relevantFrom) count++;
  return count;
}

/** Whether each passage is relevant. An unjudged one is not. */
export const relevanceOf = (ranking: readonly string[], grades: Grades, relevantFrom: number): boolean[] =>
  ranking.map((id) => (grades.get(id) ?? Number.NEGATIVE_INFINITY) >= relevantFrom);
