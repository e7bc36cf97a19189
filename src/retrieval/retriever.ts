import type { JobOptions } from '../core/progress.js';
import type { Query } from '../core/query.js';
import type { ScoredId } from '../core/run.js';
import type { Bm25Index } from './bm25-index.js';
import type { DenseIndex } from './dense-index.js';

/** A first stage: from a query to its best passages. */
export interface Retriever {
  /** For instance `bm25`: goes into `mined:<retriever>` and into reports. */
  readonly name: string;
  /** At most k passages, best first. Scores are comparable inside one list only. */
  search(query: Query, k: number, options?: JobOptions): Promise<ScoredId[]>;
  /** The scores that `search` would give these passages, in order, however far down they stand: for exact fusion. */
  score?(query: Query, passageIds: readonly string[], options?: JobOptions): Promise<number[]>;
}

/** BM25 as a retriever. */
export const bm25Retriever = (index: Bm25Index): Retriever => ({
  name: 'bm25',
  search: async ({ text }, k, { signal } = {}) => {
    signal?.throwIfAborted();
    return index.search(text, k);
  },
  score: async ({ text }, passageIds, { signal } = {}) => {
    signal?.throwIfAborted();
    return index.scores(text, passageIds);
  },
});

/** Cosine of embeddings as a retriever. */
export const denseRetriever = (index: DenseIndex): Retriever => ({
  name: 'dense',
  search: ({ text }, k, options) => index.search(text, k, options),
  score: ({ text }, passageIds, options) => index.scores(text, passageIds, options),
});
