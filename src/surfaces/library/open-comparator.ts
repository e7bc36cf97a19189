import type { JobOptions } from '../../core/progress.js';
import type { Qrels } from '../../core/run.js';
import type { Budget } from '../../models/door/budget.js';
import type { LanguageModel } from '../../models/language-model.js';
import { defaultModel } from '../../models/weights/aliases.js';
import type { Comparator } from '../../rerank/comparator.js';
import { fusedComparator } from '../../rerank/comparators/fused.js';
import { needsModel, openComparator } from '../../rerank/comparators/registry.js';
import type { ReplayOptions } from '../../rerank/comparators/replay.js';

export interface NamedComparatorOptions extends JobOptions, ReplayOptions {
  /** A name as `openModel` takes it, or a model that stays its opener's. @default the default local model */
  readonly model?: string | LanguageModel;
  readonly baseUrl?: string;
  /** Of a local model: tokens, prompt and reply together. @default 4096 */
  readonly contextSize?: number;
  readonly threads?: number;
  /** Folder where replies are kept, so that none is paid for twice. @default none are kept */
  readonly ledger?: string;
  readonly budget?: Budget;
  /** Calls at a time. @default 4 */
  readonly concurrency?: number;
  /** For `oracle` and `noisy`. */
  readonly qrels?: Qrels;
  readonly seed?: number;
}

/** The encoder behind `fused`, unless another is named after a colon. */
const defaultEncoder = 'all-minilm-l6-v2';

/**
 * A comparator by its written form, with whatever model, encoder or student it takes: all that the registry knows, and
 * `student:FOLDER`, `fused` (`fused:ENCODER`) and `bm25`. Disposing it closes what was opened for it.
 * @throws RankforgeError `unknown-name` with the nearest right one, `usage`, and what opening may throw
 */
export async function openNamedComparator(
  spec: string,
  options: NamedComparatorOptions = {},
): Promise<Comparator> {
  const { signal, onProgress, model } = options;
  const [name, argument] = /^([^:]*):?(.*)$/s.exec(spec)!.slice(1) as [string, string];
  // Loaded when asked for: behind them are native modules.
  if (name === 'student') {
    const { openStudentComparator } = await import('../../pipeline/student-comparator.js');
    return openStudentComparator(argument, { signal, onProgress });
  }
  if (name === 'bm25') return fusedComparator();
  if (name === 'fused') {
    const { openCachedEncoder } = await import('../../pipeline/cached-encoder.js');
    const encoder = await openCachedEncoder(argument || defaultEncoder, { signal, onProgress });
    return closing(fusedComparator({ encoder }), encoder);
  }
  if (!needsModel(spec)) return openComparator(spec, options as Omit<NamedComparatorOptions, 'model'>);
  if (typeof model === 'object') return openComparator(spec, { ...options, model });
  return openOnModel(spec, model ?? defaultModel, options);
}

async function openOnModel(
  spec: string,
  model: string,
  options: NamedComparatorOptions,
): Promise<Comparator> {
  const {
    contextSize = 4096,
    threads,
    baseUrl,
    concurrency = 4,
    ledger,
    budget,
    signal,
    onProgress,
  } = options;
  const { createModelPool } = await import('../../pipeline/model-pool.js');
  const pool = await createModelPool({
    models: { model: { model, context: contextSize, threads, baseUrl, concurrency } },
    ledger,
    budget,
    signal,
    onProgress,
  });
  try {
    return closing(await openComparator(spec, { ...options, model: await pool.open('model') }), pool);
  } catch (error) {
    await pool[Symbol.asyncDispose]();
    throw error;
  }
}

const closing = (comparator: Comparator, resource: AsyncDisposable): Comparator => ({
  ...comparator,
  async [Symbol.asyncDispose]() {
    await comparator[Symbol.asyncDispose]();
    await resource[Symbol.asyncDispose]();
  },
});
