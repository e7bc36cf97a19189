import type { Candidates } from '../../core/candidates.js';
import { lookUp } from '../../core/names.js';
import type { Passage } from '../../core/passage.js';
import type { JobOptions } from '../../core/progress.js';
import { openFirstStage } from '../../pipeline/first-stage.js';

export interface PassageSearchOptions extends JobOptions {
  /** `bm25`, `dense`, `fused`, `feedback` or `fused-feedback`. @default 'bm25' */
  readonly retriever?: string;
  /** Of all retrievers but `bm25`. @default 'all-minilm-l6-v2' */
  readonly encoder?: string;
  /** Passages that are retrieved, for the reranker to order. @default 50 */
  readonly depth?: number;
}

/** The first stage of a search: what the reranker then orders. */
export interface PassageSearch extends AsyncDisposable {
  readonly passages: ReadonlyMap<string, Passage>;
  retrieve(text: string, options?: Pick<JobOptions, 'signal'>): Promise<Candidates>;
}

const retrievers = { bm25: true, dense: true, fused: true, feedback: true, 'fused-feedback': true };

/**
 * Indexes passages in memory. @throws RankforgeError `unknown-name` for a retriever that does not exist, and what
 * `openFirstStage` throws
 */
export async function openPassageSearch(
  passages: ReadonlyMap<string, Passage>,
  { retriever: name = 'bm25', encoder, depth = 50, ...job }: PassageSearchOptions = {},
): Promise<PassageSearch> {
  lookUp(retrievers, name, 'retriever');
  const stage = await openFirstStage(passages, { ...job, encoder: name === 'bm25' ? 'none' : encoder });
  const retriever = stage.retrievers.get(name)!;
  return {
    passages,
    async retrieve(text, options) {
      const query = { id: 'search', text };
      const found = await retriever.search(query, depth, options);
      return { query, items: found.map(({ id, score }) => ({ passage: passages.get(id)!, score })) };
    },
    [Symbol.asyncDispose]: () => stage[Symbol.asyncDispose](),
  };
}
