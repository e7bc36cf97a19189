import type { Qrels } from '../../core/run.js';
import type { ReadOptions } from '../../formats/bad-line.js';
import { createBudget } from '../../models/door/budget.js';
import type { Comparator } from '../../rerank/comparator.js';
import { openNamedComparator } from '../library/open-comparator.js';
import type { CliContext } from './cli-context.js';
import { type BudgetOptions, budgetOf } from './flags.js';
import { readGivenQrels } from './read-given.js';

export interface ComparatorFlags extends BudgetOptions {
  readonly compare: string;
  readonly prompt?: string;
  readonly model?: string;
  readonly baseUrl?: string;
  readonly context: number;
  readonly threads?: number;
  readonly ledger?: string;
  readonly concurrency: number;
  readonly qrels?: string;
  readonly parser?: 'anchored' | 'digits';
  readonly seed: number;
}

type Opened = Omit<ComparatorFlags, 'qrels'> & {
  /** A path, or what was read of it already. */
  readonly qrels?: string | Qrels;
};

/** The comparator of a command line, with whatever model, ledger and budget it takes. Disposing it closes them. */
export async function namedComparator(
  { compare, context: contextSize, qrels, ...options }: Opened,
  { signal, onProgress }: CliContext,
  reading: ReadOptions = { signal },
): Promise<Comparator> {
  const { prompt, model, baseUrl, threads, ledger, concurrency, parser, seed } = options;
  return openNamedComparator(compare, {
    prompt,
    model,
    baseUrl,
    contextSize,
    threads,
    ledger,
    concurrency,
    parser,
    seed,
    budget: createBudget(budgetOf(options)),
    qrels: typeof qrels === 'string' ? await readGivenQrels(qrels, reading) : qrels,
    signal,
    onProgress,
  });
}
