import { type CreateRerankerOptions, createReranker, type DocumentReranker } from './create-reranker.js';
import { rerank } from './rerank.js';

/** What adapters take: a reranker, the settings of one, or nothing for the machine's best. */
export type GivenReranker = DocumentReranker | CreateRerankerOptions;

/** What adapters ask, and close if it was made for them. */
export interface AskedReranker extends AsyncDisposable {
  readonly rerank: DocumentReranker['rerank'];
}

/** @throws RankforgeError `unknown-name`, `usage` for settings that do not fit */
export function asReranker(given?: GivenReranker): AskedReranker {
  if (given && 'rerank' in given)
    return { rerank: (...call) => given.rerank(...call), async [Symbol.asyncDispose]() {} };
  return given ? createReranker(given) : { rerank, async [Symbol.asyncDispose]() {} };
}
