import { RankforgeError } from '../../core/errors.js';
import { makeFolds } from '../../core/folds.js';
import { randomStream } from '../../core/random.js';
import { fitIsotonic, type IsotonicPoints, isotonicAt } from '../../rerank/calibration/isotonic.js';
import { type Judge, nearestGrade, type Verdict } from './judge.js';

/** A pair that the judge and people have graded. */
export interface CalibrationPair {
  readonly queryId: string;
  /** The judge's expected grade / 3, 0 to 1. */
  readonly score: number;
  /** People's grade, 0 to 3. */
  readonly grade: number;
}

/** How far grades are from people's. */
export interface GradeError {
  /** Mean of judge − people. */
  readonly bias: number;
  /** Root mean square, in grades. */
  readonly error: number;
}

export interface JudgeCalibration {
  /** From the judge's score to people's grade / 3, by all pairs. */
  readonly points: IsotonicPoints;
  /** Of the expected grades as they are, and calibrated by the other queries. */
  readonly before: GradeError;
  readonly after: GradeError;
  /** Of each pair, in their order: the grade that people would give it, 0 to 3, by a fit that has not seen its query. */
  readonly crossFitted: readonly number[];
}

/**
 * Isotonic regression of people's grades on a judge's expected ones: what the judge's 2.1 means on people's scale. The errors
 * are on queries that each fit has not seen.
 * @throws RankforgeError `too-little-data` with fewer than 2 queries
 * @see Zadrozny & Elkan 2002, doi:10.1145/775047.775151; Chernozhukov et al. 2018, doi:10.1111/ectj.12097 (cross-fitting)
 */
export function calibrateJudge(
  pairs: readonly CalibrationPair[],
  { seed, folds = 5 }: { readonly seed: number /** Of queries. @default 5 */; readonly folds?: number },
): JudgeCalibration {
  const queries = [...new Set(pairs.map(({ queryId }) => queryId))];
  if (queries.length < 2) {
    throw new RankforgeError(
      'too-little-data',
      `${queries.length} judged queries are too few to calibrate on`,
      {
        hint: 'Give human judgements of several queries: at least 2, better 20.',
      },
    );
  }
  const crossFitted = pairs.map(() => 0);
  const parts = makeFolds(
    queries.length,
    Math.min(folds, queries.length),
    randomStream(seed, 'calibrate-judge'),
  );
  for (const part of parts) {
    const held = new Set([...part].map((index) => queries[index]!));
    const points = fitPoints(pairs.filter(({ queryId }) => !held.has(queryId)));
    for (const [index, { queryId, score }] of pairs.entries())
      if (held.has(queryId)) crossFitted[index] = 3 * isotonicAt(points, score);
  }
  return {
    points: fitPoints(pairs),
    before: errorOf(pairs, ({ score }) => 3 * score),
    after: errorOf(pairs, (_, index) => crossFitted[index]!),
    crossFitted,
  };
}

/** A judge whose scores and grades are on people's scale. */
export const calibratedJudge =
  (judge: Judge, points: IsotonicPoints): Judge =>
  async (query, passage, options) =>
    calibrateVerdict(await judge(query, passage, options), points);

/** A verdict on people's scale. Its shares, which are of the judge's own, are left out; without a grade it stays as it is. */
export function calibrateVerdict(
  { shares: _, confidence: __, ...verdict }: Verdict,
  points: IsotonicPoints,
): Verdict {
  if (verdict.score === undefined) return verdict;
  const score = isotonicAt(points, verdict.score);
  return { ...verdict, score, grade: nearestGrade(3 * score) };
}

function fitPoints(pairs: readonly CalibrationPair[]): IsotonicPoints {
  const { scores, probabilities } = fitIsotonic(
    pairs.map(({ score }) => score),
    pairs.map(({ grade }) => grade / 3),
  );
  return { scores, probabilities };
}

function errorOf(
  pairs: readonly CalibrationPair[],
  gradeOf: (pair: CalibrationPair, index: number) => number,
): GradeError {
  const errors = pairs.map((pair, index) => gradeOf(pair, index) - pair.grade);
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return { bias: mean(errors), error: Math.sqrt(mean(errors.map((error) => error ** 2))) };
}
