import type { Candidates } from '../../core/candidates.js';
import { RankforgeError } from '../../core/errors.js';
import { unknownName } from '../../core/names.js';
import type { JobOptions } from '../../core/progress.js';
import type { Query } from '../../core/query.js';
import type { Ranking } from '../../core/ranking.js';
import type { Comparator } from '../../rerank/comparator.js';
import { type ComparatorName, comparators, nameOf } from '../../rerank/comparators/registry.js';
import { interpolatedReranker } from '../../rerank/fusion/interpolated-reranker.js';
import type { Program } from '../../rerank/program.js';
import { parseProgram } from '../../rerank/programs/registry.js';
import { composeReranker, type Reranker } from '../../rerank/reranker.js';
import { type GivenDocument, type RerankedDocument, toPassages, toQuery, toResults } from './documents.js';
import { type NamedComparatorOptions, openNamedComparator } from './open-comparator.js';

export interface CreateRerankerOptions extends Omit<NamedComparatorOptions, keyof JobOptions> {
  /**
   * What to compare, as `--method`: `full`, `sliding:20/10`, … @default the comparator's natural one: each passage alone
   * where scores are absolute, all at once where no language model reads them, heaps for `setwise` and `pairwise`, else
   * `sliding:20/10`
   */
  readonly method?: string | Program;
  /**
   * How, as `--compare`: `first`, `likelihood`, `student:FOLDER`, … @default `likelihood` where a model is given, else `fused`
   */
  readonly compare?: string | Comparator;
  /** Documents reranked; those below keep their order. @default all */
  readonly depth?: number;
  /**
   * Weight of the reranker's scores, 0 to 1, beside the first stage's, which have the rest: candidates without scores count by
   * their order. @default the reranker's alone
   */
  readonly interpolation?: number;
  /** What a comparison that failed twice does. @default 'throw' */
  readonly onFailure?: 'throw' | 'keep';
}

export interface RerankOptions extends JobOptions {
  /** Results returned, best first. @default all */
  readonly top?: number;
}

export interface RerankResult<D extends GivenDocument> extends Pick<Ranking, 'usage' | 'warnings'> {
  /** Best first. */
  readonly results: readonly RerankedDocument<D>[];
}

/** A reranker that opens what it needs when it is first used, and keeps it until it is disposed of, which ends it. */
export interface DocumentReranker extends AsyncDisposable {
  /**
   * Orders texts, or `{ text, title?, id? }`, by how well they answer a query.
   * @throws RankforgeError `usage` for what is no text or no number, or after it was disposed of, and whatever opening or
   * comparing throws; the signal's reason
   */
  rerank<D extends GivenDocument>(
    query: string | Query,
    documents: readonly D[],
    options?: RerankOptions,
  ): Promise<RerankResult<D>>;
  /** The same for candidates of a first stage. @throws as `rerank` */
  rank(candidates: Candidates, options?: JobOptions): Promise<Ranking>;
  /** Opens everything now, so that the first query does not wait for it. @throws RankforgeError */
  open(options?: JobOptions): Promise<void>;
}

const optionNames = Object.keys({
  ...{ method: true, compare: true, prompt: true, depth: true, interpolation: true, onFailure: true },
  ...{ model: true, baseUrl: true, contextSize: true, threads: true, concurrency: true },
  ...{ ledger: true, budget: true, qrels: true, parser: true, seed: true },
} satisfies Record<keyof CreateRerankerOptions, true>);

/**
 * A reranker from names: `createReranker({ model: 'qwen2.5-coder-1.5b-instruct', compare: 'first', method: 'sliding:20/10' })`.
 * With no settings: the encoder's cosine, BM25 and feedback fused, no language model.
 * @throws RankforgeError `unknown-name`, `usage` for a method or an option that does not exist
 */
export function createReranker(options: CreateRerankerOptions = {}): DocumentReranker {
  // Types tell nothing to JavaScript, and the default reranker would take the place of the one meant.
  const unknown = Object.keys(options).find((name) => !optionNames.includes(name));
  if (unknown !== undefined) throw unknownName(unknown, optionNames, 'option', 'usage');
  const { method, compare = options.model === undefined ? 'fused' : 'likelihood' } = options;
  const program = typeof method === 'string' ? parseProgram(method, { seed: options.seed }) : method;
  const open = async (job: JobOptions): Promise<Opened> => {
    const comparator =
      typeof compare === 'string' ? await openNamedComparator(compare, { ...options, ...job }) : compare;
    const { depth, concurrency, onFailure, interpolation } = options;
    const reranker = composeReranker({
      program: program ?? naturalMethod(comparator),
      comparator,
      depth,
      concurrency,
      onFailure,
    });
    return {
      // A comparator that was given stays its giver's.
      comparator: typeof compare === 'string' ? comparator : undefined,
      reranker:
        interpolation === undefined ? reranker : interpolatedReranker(reranker, { weight: interpolation }),
    };
  };

  let opened: Promise<Opened> | undefined;
  let disposed = false;
  const ready = async (job: JobOptions = {}): Promise<Opened> => {
    if (disposed) {
      throw new RankforgeError('usage', 'The reranker was disposed of', {
        hint: 'Make another with createReranker, and dispose of one after its last query.',
      });
    }
    // Callers share one opening, which no single one's signal should end; what failed is tried again.
    opened ??= open({ onProgress: job.onProgress }).catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return orAborted(opened, job.signal);
  };
  const rank = async (candidates: Candidates, job: JobOptions = {}): Promise<Ranking> =>
    (await ready(job)).reranker.rerank(candidates, job);

  return {
    rank,
    async rerank(query, documents, { top = Number.POSITIVE_INFINITY, ...job } = {}) {
      if (!(Number.isInteger(top) || top === Number.POSITIVE_INFINITY) || top < 0) {
        throw new RankforgeError('usage', `top is ${top}`, { hint: 'Give a whole number from 0.' });
      }
      const passages = toPassages(documents);
      const ranking = await rank(
        { query: toQuery(query), items: passages.map((passage) => ({ passage })) },
        job,
      );
      const { usage, warnings } = ranking;
      return { results: toResults(ranking, documents, passages).slice(0, top), usage, warnings };
    },
    async open(job) {
      await ready(job);
    },
    async [Symbol.asyncDispose]() {
      disposed = true;
      const last = await opened?.catch(() => undefined);
      opened = undefined;
      await last?.comparator?.[Symbol.asyncDispose]();
    },
  };
}

interface Opened {
  readonly reranker: Reranker;
  readonly comparator: Comparator | undefined;
}

/** The program that makes most of what a comparator gives. */
function naturalMethod(comparator: Comparator): string {
  const name = nameOf(comparator.name);
  const entry = Object.hasOwn(comparators, name) ? comparators[name as ComparatorName] : undefined;
  if (comparator.absolute) return 'pointwise';
  if (entry?.gives === 'best') return 'setwise-heap@10';
  if (entry?.gives === 'pair') return 'pairwise-heap@10';
  if (name === 'groupwise') return 'groupwise';
  // Features and word counts are relative to the list; prompts hold so many passages at a time.
  return comparator.provenance?.promptId === undefined ? 'full' : 'sliding:20/10';
}

/** The promise's outcome, or the signal's reason if that comes first. */
async function orAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return promise;
  signal.throwIfAborted();
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort!);
  }
}
