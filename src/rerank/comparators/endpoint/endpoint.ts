import pRetry from 'p-retry';
import { RankforgeError } from '../../../core/errors.js';
import { lookUp } from '../../../core/names.js';
import { type Passage, passageText } from '../../../core/passage.js';
import type { Query } from '../../../core/query.js';
import { addUsage, noUsage, type Usage } from '../../../core/usage.js';
import { orderByScore } from '../../../core/vectors.js';
import { wait } from '../../../core/wait.js';
import type { CallOptions } from '../../../models/language-model.js';
import { estimateTokens } from '../../../models/openai/estimate-tokens.js';
import { parseBaseUrl, publicUrl } from '../../../models/openai/server-errors.js';
import { afterTaking } from '../../after-taking.js';
import type { Comparator } from '../../comparator.js';
import type { ComparatorEntry } from '../entry.js';
import { askEndpoint, badReply } from './ask-endpoint.js';
import {
  type EndpointReply,
  type EndpointShape,
  type EndpointShapeName,
  endpointShapes,
  type ScoredIndex,
} from './shapes.js';

export interface EndpointOptions {
  readonly shape: EndpointShapeName;
  /** The model's name there; `tei` serves one and needs none. */
  readonly model?: string;
  /** The rerank route, or the base that it lies under; a user and password in it are sent as such, instead of a key. @default the provider's own; `tei` has none */
  readonly url?: string;
  /** @default the provider's environment variable: COHERE_API_KEY, JINA_API_KEY, VOYAGE_API_KEY, TEI_API_KEY */
  readonly apiKey?: string;
  /** Passages a request. @default 32 for `tei`, else 1000 */
  readonly batch?: number;
  /** For one request, in milliseconds. @default 60000 */
  readonly timeoutMs?: number;
  /** @default 8 MiB */
  readonly maxReplyBytes?: number;
  /** Tries after the first, for retryable errors. They are all there are: a reranker does not try again what was. @default 3 */
  readonly retries?: number;
  /** The wait before the first retry, in milliseconds; it doubles each time. @default 500 */
  readonly minRetryMs?: number;
}

/** A longer `Retry-After` is the error itself. */
const longestWait = 60_000;

/**
 * A reranking service: Cohere's v2, Jina's, Voyage's or Text Embeddings Inference's route. Its scores are absolute. A key
 * reaches neither errors nor provenance, and no host but the one that was named.
 * @throws RankforgeError `usage` without the model or the URL that the shape needs, or a batch of none; from `compare` `server-unreachable`, `timeout`,
 * `rate-limited`, `refused-key`, `server-error`, and `bad-reply` for what does not score each passage once
 */
export function endpointComparator(options: EndpointOptions): Comparator {
  const { shape: name, model, timeoutMs = 60_000, maxReplyBytes = 8 * 2 ** 20 } = options;
  const { retries = 3, minRetryMs = 500 } = options;
  const shape: EndpointShape = endpointShapes[name];
  const batch = options.batch ?? shape.batch;
  if (!(Number.isInteger(batch) && batch >= 1)) {
    throw new RankforgeError('usage', `A request cannot hold ${batch} passages`, {
      hint: 'Give a whole number from 1.',
    });
  }
  const url = routeOf(name, shape, options.url);
  const key = options.apiKey ?? shape.keys.map((variable) => process.env[variable]).find(Boolean);
  if (shape.needsModel && !model) throw incomplete(name, 'a model', `endpoint:${name}/MODEL`);
  const where = publicUrl(url.href);

  const ask = async (query: Query, passages: readonly Passage[], signal?: AbortSignal): Promise<Scored> => {
    const texts = passages.map(passageText);
    const body = shape.body({ model, query: queryText(query), texts });
    const { results, tokens } = await askEndpoint({
      url,
      key,
      body,
      reply: shape.reply,
      timeoutMs,
      maxReplyBytes,
      signal,
    });
    const usage = { ...noUsage, calls: 1, promptTokens: tokens ?? estimate(query, texts) };
    return { scores: alignScores(results, texts.length, { where, usage }), usage };
  };
  const askPatiently = (query: Query, passages: readonly Passage[], { signal }: CallOptions) =>
    pRetry(() => ask(query, passages, signal), {
      retries,
      minTimeout: minRetryMs,
      maxTimeout: longestWait,
      randomize: true,
      signal,
      shouldRetry: ({ error }) => mayRetry(error),
      onFailedAttempt: async ({ error, retriesLeft }) => {
        if (retriesLeft > 0 && mayRetry(error)) await wait(error.retryAfterMs ?? 0, signal);
      },
    }).catch((error: unknown) => {
      throw error instanceof RankforgeError ? error.with({ retried: true }) : error;
    });
  return {
    name: `endpoint:${name}`,
    absolute: true,
    provenance: { modelId: `${name}${model ? `:${model}` : ''}@${where}` },
    async compare(query, passages, { signal } = {}) {
      signal?.throwIfAborted();
      const parts: Scored[] = [];
      const usageOf = () => addUsage(...parts.map((part) => part.usage));
      for (const part of batches(passages, batch))
        parts.push(await afterTaking(usageOf(), () => askPatiently(query, part, { signal })));
      const scores = parts.flatMap((part) => part.scores);
      const usage = usageOf();
      return { order: orderByScore(scores), scores, usage, warnings: [] };
    },
    cost: (query, passages) => ({
      calls: Math.ceil(passages.length / batch),
      promptTokens: batches(passages, batch).reduce(
        (sum, part) => sum + estimate(query, part.map(passageText)),
        0,
      ),
      outputTokens: 0,
    }),
    async [Symbol.asyncDispose]() {},
  };
}

interface Scored {
  readonly scores: readonly number[];
  readonly usage: Usage;
}

const mayRetry = (error: unknown): error is RankforgeError =>
  error instanceof RankforgeError && error.retryable && (error.retryAfterMs ?? 0) <= longestWait;

const queryText = ({ text, instruction }: Query): string => (instruction ? `${instruction}\n${text}` : text);

/** A cross-encoder reads the query again with each passage. */
const estimate = (query: Query, texts: readonly string[]): number =>
  texts.reduce((sum, text) => sum + estimateTokens(text), texts.length * estimateTokens(queryText(query)));

const batches = (passages: readonly Passage[], size: number): Passage[][] =>
  Array.from({ length: Math.ceil(passages.length / size) }, (_, index) =>
    passages.slice(index * size, (index + 1) * size),
  );

/** @throws RankforgeError `bad-reply` unless each of the passages is scored once */
function alignScores(
  results: EndpointReply['results'],
  count: number,
  { where, usage }: { readonly where: string; readonly usage: Usage },
): number[] {
  const wrong = (what: string) => badReply(what, where, { usage });
  const scores = new Map<number, number>();
  for (const { index, score } of results satisfies readonly ScoredIndex[]) {
    if (index >= count) throw wrong(`a score for passage ${index} of ${count}`);
    if (scores.has(index)) throw wrong(`two scores for passage ${index}`);
    scores.set(index, score);
  }
  if (scores.size < count) throw wrong(`scores for ${scores.size} of ${count} passages`);
  return Array.from({ length: count }, (_, index) => scores.get(index)!);
}

function routeOf(name: string, shape: EndpointShape, given: string | undefined): URL {
  const wanted = given ?? shape.url;
  if (wanted === undefined) throw incomplete(name, 'a URL', `endpoint:${name}=http://HOST:PORT`);
  const url = parseBaseUrl(wanted);
  const path = url.pathname.replace(/\/+$/, '');
  url.pathname = path.endsWith('/rerank') ? path : `${path}/rerank`;
  return url;
}

const incomplete = (name: string, what: string, form: string): RankforgeError =>
  new RankforgeError('usage', `The endpoint ${name} needs ${what}`, { hint: `Write it as ${form}.` });

/**
 * `SHAPE[/MODEL][=URL]`: `jina/jina-reranker-v2-base-multilingual`, `tei=http://127.0.0.1:8080`.
 * @throws RankforgeError `unknown-name`, `usage`
 */
function parseEndpoint(text: string): Pick<EndpointOptions, 'shape' | 'model' | 'url'> {
  const [, name = '', model, url] = /^([^/=]*)(?:\/([^=]*))?(?:=(.*))?$/s.exec(text) ?? [];
  lookUp<EndpointShape>(endpointShapes, name, 'endpoint');
  return { shape: name as EndpointShapeName, model: model || undefined, url: url || undefined };
}

export const endpointEntry: ComparatorEntry = {
  form: 'endpoint:SHAPE[/MODEL][=URL]',
  summary: `a reranking service in the shape of ${Object.keys(endpointShapes).join(', ')}`,
  needs: { input: 'a server, and its key in the environment' },
  gives: 'absolute-scores',
  create: (argument = '') => endpointComparator(parseEndpoint(argument)),
};
