import { RankforgeError } from '../../core/errors.js';
import type { Qrels } from '../../core/run.js';
import { bootstrapStatistic, groupBy, type StatisticInterval } from './bootstrap-statistic.js';
import { addCounts, type ConfusionMatrix, confusionMatrix, splitAt } from './confusion.js';
import { kappaOf } from './kappa.js';
import { alphaOfCounts } from './krippendorff-alpha.js';

/** A pair that both have judged. */
export interface GradedPair {
  readonly queryId: string;
  readonly passageId: string;
  /** Grades, 0 to 3. */
  readonly judge: number;
  readonly human: number;
}

export interface AgreementOptions {
  readonly seed: number;
  /** The lowest grade that counts as relevant in `binaryKappa`. @default 2 */
  readonly relevantFrom?: number;
  /** Bootstrap resamples, of queries. @default 1000 */
  readonly samples?: number;
}

export interface Agreement {
  readonly pairs: number;
  readonly queries: number;
  /** Rows are the judge's grades, columns the people's. */
  readonly confusion: ConfusionMatrix;
  /** Share of pairs with the same grade, and with one at most one step apart. */
  readonly same: number;
  readonly withinOne: number;
  /** Mean of judge − human: above 0 the judge is the milder one. */
  readonly bias: number;
  readonly kappa: StatisticInterval;
  readonly quadraticKappa: StatisticInterval;
  readonly ordinalAlpha: StatisticInterval;
  /** Kappa of relevant or not. */
  readonly binaryKappa: StatisticInterval;
  readonly relevantFrom: number;
}

const scale = [0, 1, 2, 3];

/**
 * How far a judge's grades and people's agree, with 95 % intervals over resampled queries where there are five or more. A value is undefined where one of the two
 * gives everything the same grade.
 * @throws RankforgeError `too-little-data` without pairs
 */
export function compareJudgements(
  pairs: readonly GradedPair[],
  { seed, relevantFrom = 2, samples = 1000 }: AgreementOptions,
): Agreement {
  if (pairs.length === 0) {
    throw new RankforgeError('too-little-data', 'No pair was judged by both', {
      hint: 'Give judgements of the same collection, whose queries and passages have the same ids.',
    });
  }
  // Counts by query, so that a resample of queries is a sum and not a walk over all pairs.
  const byQuery = [...groupBy(pairs, ({ queryId }) => queryId)].map((own) =>
    confusionMatrix(
      own.map(({ judge }) => judge),
      own.map(({ human }) => human),
      scale,
    ),
  );
  const interval = (statistic: (counts: ConfusionMatrix) => number | undefined) =>
    bootstrapStatistic(byQuery, (some) => statistic(addCounts(some)), { seed, samples });
  const share = (test: (pair: GradedPair) => boolean) => pairs.filter(test).length / pairs.length;
  return {
    pairs: pairs.length,
    queries: byQuery.length,
    confusion: addCounts(byQuery),
    same: share(({ judge, human }) => judge === human),
    withinOne: share(({ judge, human }) => Math.abs(judge - human) <= 1),
    bias: pairs.reduce((sum, { judge, human }) => sum + judge - human, 0) / pairs.length,
    kappa: interval((counts) => kappaOf(counts)),
    quadraticKappa: interval((counts) => kappaOf(counts, 'quadratic')),
    ordinalAlpha: interval((counts) => alphaOfCounts(counts)),
    binaryKappa: interval((counts) => kappaOf(splitAt(counts, relevantFrom))),
    relevantFrom,
  };
}

/**
 * The pairs that two sets of judgements share. Grades below 0, a pool's mark for what nobody could judge, count as 0.
 * @throws RankforgeError `bad-file` for a grade above 3: other scales are mapped first
 */
export function sharedPairs(judge: Qrels, human: Qrels): GradedPair[] {
  return [...judge].flatMap(([queryId, grades]) =>
    [...grades].flatMap(([passageId, grade]) => {
      const other = human.get(queryId)?.get(passageId);
      if (other === undefined) return [];
      return [{ queryId, passageId, judge: onScale(grade, queryId), human: onScale(other, queryId) }];
    }),
  );
}

function onScale(grade: number, where: string): number {
  if (grade <= 3) return Math.max(0, grade);
  throw new RankforgeError('bad-file', `The grade ${grade} is not on the scale from 0 to 3`, {
    where,
    hint: 'Map the judgements to 0 to 3 first, and write the mapping down beside them.',
  });
}

/**
 * Weights of a panel's members by their agreement with people: each kappa or alpha below 0 is 0, and an unknown one too.
 * @returns in the order given, with sum 1; all equal where nobody agrees with people
 */
export function agreementWeights(agreements: readonly (number | undefined)[]): number[] {
  const positive = agreements.map((agreement) => Math.max(0, agreement ?? 0));
  const total = positive.reduce((sum, value) => sum + value, 0);
  return positive.map((value) => (total > 0 ? value / total : 1 / agreements.length));
}
