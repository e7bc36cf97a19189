import type { Reranker } from '../../rerank/reranker.js';
import type { DocumentReranker } from './create-reranker.js';

/** What servers take: a reranker of candidates, or what `createReranker` makes. It stays its maker's. */
export type ServedReranker = Reranker | Pick<DocumentReranker, 'rank'>;

/** How a served reranker orders candidates: what `createReranker` makes has a `rerank` of its own, for documents. */
export const rankOf = (served: ServedReranker): Reranker['rerank'] =>
  'rank' in served
    ? (candidates, job) => served.rank(candidates, job)
    : (candidates, job) => served.rerank(candidates, job);
