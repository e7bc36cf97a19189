import type { Candidates } from '../core/candidates.js';
import { stopsOthers } from '../core/errors.js';
import type { JobOptions } from '../core/progress.js';
import type { Ranking } from '../core/ranking.js';
import { composeReranker, type RerankerOptions } from './reranker.js';

export interface RerankRunOptions extends RerankerOptions, JobOptions {
  /** Queries in the work at a time; the comparisons of all together stay within `concurrency`. @default `concurrency` */
  readonly queriesAtOnce?: number;
  /** How many queries there are, for progress. */
  readonly total?: number;
}

/**
 * Reranks many queries. Rankings come in the order of the queries; at most `queriesAtOnce` are read ahead, so memory
 * stays flat. When one fails, or the caller stops early, the others are aborted and have ended before it is seen.
 * @throws as `Reranker.rerank`
 */
export async function* rerankRun(
  queries: Iterable<Candidates> | AsyncIterable<Candidates>,
  options: RerankRunOptions,
): AsyncGenerator<Ranking> {
  const { signal, onProgress, total } = options;
  const reranker = composeReranker(options);
  const ahead = Math.max(1, options.queriesAtOnce ?? options.concurrency ?? 4);
  const stop = new AbortController();
  const onAbort = () => stop.abort(signal?.reason);
  if (signal?.aborted) onAbort();
  signal?.addEventListener('abort', onAbort, { once: true });
  const pending: Promise<Ranking>[] = [];
  let done = 0;
  const next = async (): Promise<Ranking> => {
    const ranking = await pending[0]!;
    pending.shift();
    done++;
    onProgress?.({ stage: 'queries', done, total, unit: 'items' });
    return ranking;
  };
  try {
    for await (const candidates of queries) {
      stop.signal.throwIfAborted();
      const ranking = reranker.rerank(candidates, { signal: stop.signal });
      // It is awaited in its turn; until then a failure is not an unhandled one.
      ranking.catch(() => {});
      pending.push(ranking);
      if (pending.length >= ahead) yield await next();
    }
    while (pending.length > 0) yield await next();
  } catch (error) {
    // A budget that ran out leaves what was begun to its end: it is paid for, and a ledger keeps it.
    if (!stopsOthers(error)) await Promise.allSettled(pending);
    throw error;
  } finally {
    signal?.removeEventListener('abort', onAbort);
    stop.abort(signal?.reason);
    await Promise.allSettled(pending);
  }
}
