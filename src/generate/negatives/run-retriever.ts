import type { Run } from '../../core/run.js';
import type { Retriever } from '../../retrieval/retriever.js';

/**
 * A run as a retriever: negatives from whatever made it, such as another engine or a reranker. A query that the run does not answer finds
 * nothing.
 * @param name goes into `mined:<name>`
 */
export const runRetriever = (name: string, run: Run): Retriever => ({
  name,
  search: async ({ id }, k, { signal } = {}) => {
    signal?.throwIfAborted();
    return (run.get(id) ?? []).slice(0, k);
  },
});
