import type { Query } from '../../core/query.js';
import type { Funnel } from '../funnel.js';
import { createDuplicateIndex, type NearDuplicateOptions } from './near-duplicates.js';

/** Why a training query must not be used, or undefined. */
export type ContaminationCheck = (text: string) => 'evaluation-query' | 'near-evaluation-query' | undefined;

/**
 * A check against the queries that something is evaluated on: equal ones (normalised) and near-duplicates, by overlap of single words.
 * @param options threshold 0.8 unless given
 */
export function contaminationCheck(
  evaluationQueries: Iterable<Pick<Query, 'id' | 'text'>>,
  options: NearDuplicateOptions = {},
): ContaminationCheck {
  const index = createDuplicateIndex({ shingle: 1, ...options });
  for (const { id, text } of evaluationQueries) index.add(id, text);
  return (text) => {
    const match = index.find(text);
    if (!match) return undefined;
    return match.reason === 'exact-duplicate' ? 'evaluation-query' : 'near-evaluation-query';
  };
}

export interface RemoveContaminatedOptions<T> {
  readonly text: (record: T) => string;
  readonly check: ContaminationCheck;
  readonly funnel?: Funnel;
  readonly signal?: AbortSignal;
}

/** Passes on the records whose query is in no evaluation set; reasons are counted under `contamination`. */
export async function* removeContaminated<T>(
  records: AsyncIterable<T> | Iterable<T>,
  { text, check, funnel, signal }: RemoveContaminatedOptions<T>,
): AsyncGenerator<T> {
  for await (const record of records) {
    signal?.throwIfAborted();
    const reason = check(text(record));
    if (reason) {
      funnel?.reject('contamination', reason);
      continue;
    }
    funnel?.accept('contamination');
    yield record;
  }
}
