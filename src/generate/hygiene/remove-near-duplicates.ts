import type { Funnel } from '../funnel.js';
import {
  createDuplicateIndex,
  type DuplicateIndex,
  type DuplicateMatch,
  type NearDuplicateOptions,
} from './near-duplicates.js';

export interface RemoveNearDuplicatesOptions<T> extends NearDuplicateOptions {
  /** What is compared. Queries are short: give them `shingle: 1`. */
  readonly text: (record: T) => string;
  readonly id: (record: T) => string;
  readonly funnel?: Funnel;
  /** @default 'near-duplicates' */
  readonly stage?: string;
  /** Texts already seen, for instance by an earlier shard. */
  readonly index?: DuplicateIndex;
  /** Gets each record that is left out, and what it repeats. */
  readonly onDuplicate?: (record: T, match: DuplicateMatch) => void;
  readonly signal?: AbortSignal;
}

/** Passes on the first of each group of near-duplicates, in one pass; reasons `exact-duplicate` and `near-duplicate` are counted. */
export async function* removeNearDuplicates<T>(
  records: AsyncIterable<T> | Iterable<T>,
  options: RemoveNearDuplicatesOptions<T>,
): AsyncGenerator<T> {
  const { funnel, stage = 'near-duplicates', signal } = options;
  const index = options.index ?? createDuplicateIndex(options);
  for await (const record of records) {
    signal?.throwIfAborted();
    const match = index.add(options.id(record), options.text(record));
    if (match) {
      funnel?.reject(stage, match.reason);
      options.onDuplicate?.(record, match);
      continue;
    }
    funnel?.accept(stage);
    yield record;
  }
}
