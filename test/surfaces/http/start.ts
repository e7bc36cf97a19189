import { composeReranker } from '../../../src/rerank/reranker.js';
import type { RunningServer } from '../../../src/surfaces/http/listen.js';
import { type RerankServerOptions, startRerankServer } from '../../../src/surfaces/http/rerank-server.js';
import { type WordComparatorOptions, wordComparator } from '../word-comparator.js';

/** A server on a free loopback port whose reranker counts words. */
export const startServer = (
  options: Partial<RerankServerOptions> = {},
  comparing: WordComparatorOptions = {},
): Promise<RunningServer> =>
  startRerankServer({
    port: 0,
    reranker: composeReranker({ program: 'full', comparator: wordComparator(comparing) }),
    ...options,
  });

export const query = 'What is the capital of the United States?';
/** As in Cohere's documentation, cut. The fourth has most words of the query. */
export const documents = [
  'Carson City is the capital city of the American state of Nevada.',
  'Capitalization is the use of a capital letter at the start of a word.',
  'Bread is baked.',
  'Washington, D.C. is the capital of the United States. It is a federal district.',
];

export const post = (url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
