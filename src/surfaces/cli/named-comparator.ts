import type { ReadOptions } from '../../formats/bad-line.js';
import { readQrels } from '../../formats/qrels.js';
import { createBudget } from '../../models/door/budget.js';
import type { LanguageModel } from '../../models/language-model.js';
import { defaultModel } from '../../models/weights/aliases.js';
import { createModelPool } from '../../pipeline/model-pool.js';
import { openStudentComparator } from '../../pipeline/student-comparator.js';
import type { Comparator } from '../../rerank/comparator.js';
import { needsModel, openComparator } from '../../rerank/comparators/registry.js';
import type { CliContext } from './cli-context.js';
import { type BudgetOptions, budgetOf } from './flags.js';

export interface ComparatorFlags extends BudgetOptions {
  readonly compare: string;
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

/** The comparator of a command line, with whatever model, ledger and budget it takes. Disposing it closes them. */
export async function namedComparator(
  options: ComparatorFlags,
  { signal, onProgress }: CliContext,
  reading: ReadOptions = { signal },
): Promise<Comparator> {
  const { compare, parser, seed, context, threads, baseUrl, concurrency, ledger } = options;
  if (compare.startsWith('student:'))
    return openStudentComparator(compare.slice('student:'.length), { signal, onProgress });
  const qrels = options.qrels === undefined ? undefined : await readQrels(options.qrels, reading);
  if (!needsModel(compare)) return openComparator(compare, { qrels, seed, parser });
  const pool = await createModelPool({
    models: { model: { model: options.model ?? defaultModel, context, threads, baseUrl, concurrency } },
    ledger,
    budget: createBudget(budgetOf(options)),
    signal,
    onProgress,
  });
  try {
    const model: LanguageModel = await pool.open('model');
    const comparator = await openComparator(compare, { model, qrels, seed });
    return {
      ...comparator,
      async [Symbol.asyncDispose]() {
        await comparator[Symbol.asyncDispose]();
        await pool[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await pool[Symbol.asyncDispose]();
    throw error;
  }
}
