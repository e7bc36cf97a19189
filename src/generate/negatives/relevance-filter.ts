import { RankforgeError } from '../../core/errors.js';
import type { Grade } from '../../core/judgement.js';
import type { Passage } from '../../core/passage.js';
import type { Query } from '../../core/query.js';
import type { Usage } from '../../core/usage.js';
import type { CallOptions } from '../../models/language-model.js';
import type { Comparator } from '../../rerank/comparator.js';
import type { Judge, Verdict } from '../judge/judge.js';
import { type HardnessScale, judgeScale } from './hardness.js';

/** Tells false negatives from negatives. */
export interface RelevanceFilter {
  /** Whose scores they are, for instance `judge yes-no` or `pointwise`: a threshold learnt from others is refused. */
  readonly name: string;
  /** From this grade on a passage is relevant, and no negative. */
  readonly relevantFrom: 1 | 2 | 3;
  /** What a score says of hardness, where the scores have a scale of their own: for passages that no retriever ranks. */
  readonly scale?: HardnessScale;
  /** One verdict a passage, in order. A grade that stays unknown is never read as 0. */
  grade(query: Query, passages: readonly Passage[], options?: CallOptions): Promise<readonly Verdict[]>;
}

export interface JudgeFilterOptions {
  /** @default 'judge' */
  readonly name?: string;
  /** @default 2 */
  readonly relevantFrom?: 1 | 2 | 3;
  /** Least score of a relevant passage, from `fitFilterThreshold`, in place of the judge's own grades. */
  readonly threshold?: number;
}

/**
 * A judge as a filter. With a threshold its score says whether a passage is relevant, and its grade how much: a
 * grade on the other side is moved to the nearest one that agrees.
 */
export function judgeFilter(
  judge: Judge,
  { name = 'judge', relevantFrom = 2, threshold }: JudgeFilterOptions = {},
): RelevanceFilter {
  const settle = (verdict: Verdict): Verdict => {
    const { grade, score } = verdict;
    if (threshold === undefined || grade === undefined || score === undefined) return verdict;
    const agreed = score >= threshold ? Math.max(grade, relevantFrom) : Math.min(grade, relevantFrom - 1);
    return { ...verdict, grade: agreed as Grade };
  };
  return {
    name,
    relevantFrom,
    scale: judgeScale,
    async grade(query, passages, options) {
      const verdicts: Verdict[] = [];
      // One after the other: how much is under way at once is for those to say who begin queries.
      for (const passage of passages) verdicts.push(settle(await judge(query, passage, options)));
      return verdicts;
    },
  };
}

export interface ComparatorFilterOptions {
  /** Least score of a relevant passage, from `fitFilterThreshold`. */
  readonly threshold: number;
  /** Told what each comparison took. */
  readonly onUsage?: (usage: Usage) => void;
}

/**
 * A comparator whose scores do not hang on the group as a filter: a cross-encoder behind an endpoint, a pointwise model. It knows
 * relevant from not and no more, so a relevant passage gets grade 2 and another 0.
 * @throws RankforgeError `usage` for a comparator whose scores mean something inside one group alone
 */
export function comparatorFilter(
  comparator: Comparator,
  { threshold, onUsage }: ComparatorFilterOptions,
): RelevanceFilter {
  requireAbsolute(comparator);
  return {
    name: comparator.name,
    relevantFrom: 2,
    grade: async (query, passages, options) =>
      (await absoluteScores(comparator, query, passages, { ...options, onUsage })).map((score) => ({
        grade: score >= threshold ? 2 : 0,
        score,
        ledgerKeys: [],
      })),
  };
}

/** Scores of an absolute comparator, aligned with the passages, in groups that it can take. */
export async function absoluteScores(
  comparator: Comparator,
  query: Query,
  passages: readonly Passage[],
  { onUsage, ...options }: CallOptions & Pick<ComparatorFilterOptions, 'onUsage'> = {},
): Promise<number[]> {
  const size = comparator.maxGroup ?? 32;
  const scores: number[] = [];
  for (let start = 0; start < passages.length; start += size) {
    const { scores: found, usage } = await comparator.compare(
      query,
      passages.slice(start, start + size),
      options,
    );
    onUsage?.(usage);
    if (!found) throw notAbsolute(comparator);
    scores.push(...found);
  }
  return scores;
}

/** @throws RankforgeError `usage` */
export function requireAbsolute(comparator: Pick<Comparator, 'name' | 'absolute'>): void {
  if (!comparator.absolute) throw notAbsolute(comparator);
}

const notAbsolute = ({ name }: Pick<Comparator, 'name'>): RankforgeError =>
  new RankforgeError(
    'usage',
    `${name} orders the passages of a group and gives no scores to hold to a threshold`,
    {
      where: name,
      hint: 'Filter with a judge, or a comparator that scores passages alone: pointwise, endpoint:…, likelihood.',
    },
  );
