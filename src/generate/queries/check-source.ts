import { passageText } from '../../core/passage.js';
import type { Query } from '../../core/query.js';
import type { ScoredId } from '../../core/run.js';
import type { CallOptions } from '../../models/language-model.js';
import type { Funnel } from '../funnel.js';
import { lexicalOverlap, type MeasuredDifficulty } from './difficulty.js';
import { gradeSource } from './grade-source.js';
import { queryType } from './query-types.js';
import type { CheckedQuery, QueryChecks, VerifiedQuery } from './verified.js';
import type { WriteResult, WrittenQuery } from './write-queries.js';

export type { CheckedQuery, QueryChecks, SourceCheck, VerifiedQuery } from './verified.js';

/**
 * Cheapest checks first: only the judge asks a language model. Without a judge the source counts as grade 3: the query was
 * written from it.
 * @throws RankforgeError `usage` for an unanswerable query where there is no judge, or nothing to search
 */
export async function checkSource(
  result: WriteResult,
  checks: QueryChecks,
  options: CallOptions,
): Promise<CheckedQuery> {
  if ('reason' in result) return { stage: 'queries', reason: result.reason };
  const contaminated = await contaminationOf(result, checks, options);
  if (contaminated) return { stage: 'contamination', reason: contaminated };
  const { roundTrip } = checks;
  const search = searchOf(result);
  const depth = roundTrip && Math.max(roundTrip.first, roundTrip.depth ?? 100);
  const found = roundTrip && depth ? await roundTrip.retriever.search(search, depth, options) : undefined;
  const lost = roundTrip && found && lostSource(result, found.slice(0, roundTrip.first));
  if (lost) return { stage: 'round-trip', reason: lost };
  return gradeSource(withDifficulty(result, found, depth), checks, options);
}

/** What retrieval and judges are asked. */
const searchOf = ({ query, search }: Pick<WrittenQuery, 'query' | 'search'>): Query => search ?? query;

/** A conversation is told apart from an evaluation query by each of its forms. */
async function contaminationOf(
  written: WrittenQuery,
  { contamination }: QueryChecks,
  options: CallOptions,
): Promise<string | undefined> {
  const { query } = written;
  const last = query.text.split('\n').at(-1)!;
  for (const text of new Set([query.text, searchOf(written).text, last])) {
    const reason = await contamination?.(text, options);
    if (reason) return reason;
  }
  return undefined;
}

/** Which of its sources the first stage does not find again. An unanswerable query need find nothing. */
function lostSource({ type, passage, linked }: WrittenQuery, first: readonly ScoredId[]): string | undefined {
  if (queryType(type).grades === 'none') return undefined;
  if (!first.some(({ id }) => id === passage.id)) return 'source-not-found';
  return linked && !first.some(({ id }) => id === linked.id) ? 'linked-not-found' : undefined;
}

/** Records how hard the query is in its metadata. */
function withDifficulty(
  written: WrittenQuery,
  found: readonly ScoredId[] | undefined,
  depth: number | undefined,
): WrittenQuery {
  const { query, search, twin, passage } = written;
  const at = found?.findIndex(({ id }) => id === passage.id);
  const asked = (query.metadata?.voice as { difficulty?: MeasuredDifficulty['asked'] } | undefined)
    ?.difficulty;
  const difficulty: MeasuredDifficulty = {
    ...(asked && { asked }),
    ...(at !== undefined && { sourceRank: at < 0 ? null : at + 1, depth }),
    overlap: lexicalOverlap(searchOf(written).text, passageText(passage)),
  };
  const measured = <Q extends Query>(one: Q): Q => ({ ...one, metadata: { ...one.metadata, difficulty } });
  return {
    ...written,
    query: measured(query),
    ...(search && { search: measured(search) }),
    ...(twin && { twin: measured(twin) }),
  };
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
