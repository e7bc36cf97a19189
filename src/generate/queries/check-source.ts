import type { Grade } from '../../core/judgement.js';
import type { CallOptions } from '../../models/language-model.js';
import type { Retriever } from '../../retrieval/retriever.js';
import type { Funnel } from '../funnel.js';
import type { ContaminationCheck } from '../hygiene/contamination.js';
import type { Judge } from '../judge/judge.js';
import type { WriteResult, WrittenQuery } from './write-queries.js';

/** How a query's source passage is verified before the query counts. */
export interface SourceCheck {
  readonly judge?: Judge;
  /** Least grade of the source. @default 2 */
  readonly leastGrade?: 1 | 2 | 3;
  /** The source must be among the first `first` of the retriever. */
  readonly roundTrip?: { readonly retriever: Retriever; readonly first: number };
}

/** All that a written query must pass. */
export interface QueryChecks extends SourceCheck {
  readonly contamination?: ContaminationCheck;
}

/** A query whose source passed. */
export interface VerifiedQuery {
  readonly written: WrittenQuery;
  readonly grade: Grade;
  readonly ledgerKeys: readonly string[];
}

/** A query whose source passed, or why it did not. */
export type CheckedQuery =
  | VerifiedQuery
  | {
      readonly stage: 'queries' | 'contamination' | 'round-trip' | 'judge-source';
      readonly reason: string;
    };

/**
 * Cheapest checks first: only the judge costs a model call. Without a judge the source counts as grade 3: the query was
 * written from it.
 */
export async function checkSource(
  written: WriteResult,
  { contamination, roundTrip, judge, leastGrade = 2 }: QueryChecks,
  options: CallOptions,
): Promise<CheckedQuery> {
  if ('reason' in written) return { stage: 'queries', reason: written.reason };
  const { query, passage } = written;
  const contaminated = contamination?.(query.text);
  if (contaminated) return { stage: 'contamination', reason: contaminated };
  if (roundTrip) {
    const found = await roundTrip.retriever.search(query, roundTrip.first, options);
    if (!found.some(({ id }) => id === passage.id))
      return { stage: 'round-trip', reason: 'source-not-found' };
  }
  if (!judge) return { written, grade: 3, ledgerKeys: written.ledgerKeys };
  const { grade, ledgerKeys } = await judge(query, passage, options);
  if (grade === undefined) return { stage: 'judge-source', reason: 'judge-unknown' };
  if (grade < leastGrade) return { stage: 'judge-source', reason: `judged-${grade}` };
  return { written, grade, ledgerKeys: [...written.ledgerKeys, ...ledgerKeys] };
}

/** Counts a query at each stage that it reached. @returns the query where it passed them all */
export function countChecked(
  checked: CheckedQuery,
  { contamination, roundTrip, judge }: QueryChecks,
  funnel: Funnel,
): VerifiedQuery | undefined {
  const stages = [
    'queries',
    ...(contamination ? ['contamination'] : []),
    ...(roundTrip ? ['round-trip'] : []),
    ...(judge ? ['judge-source'] : []),
  ];
  for (const stage of stages) {
    if ('reason' in checked && checked.stage === stage) {
      funnel.reject(stage, checked.reason);
      return undefined;
    }
    funnel.accept(stage);
  }
  return 'reason' in checked ? undefined : checked;
}
