import { type Command, Option } from 'commander';
import type { Passage } from '../../core/passage.js';
import { addUsage, noUsage, type Usage } from '../../core/usage.js';
import type { Warning } from '../../core/warning.js';
import { createBudget } from '../../models/door/budget.js';
import { defaultModel } from '../../models/weights/aliases.js';
import { createModelPool } from '../../pipeline/model-pool.js';
import { modelFeedbackRetriever, queryEnsembleRetriever } from '../../rerank/expand/expanded-retriever.js';
import type { Retriever } from '../../retrieval/retriever.js';
import type { CliContext } from './cli-context.js';
import { type BudgetOptions, budgetOf, flags } from './flags.js';

const ways = ['ensemble', 'fusion', 'feedback', 'feedback-passage'] as const;

export interface ExpansionFlags extends BudgetOptions {
  readonly expand?: (typeof ways)[number];
  readonly model?: string;
  readonly baseUrl?: string;
  readonly context: number;
  readonly threads?: number;
  readonly ledger?: string;
  readonly concurrency: number;
  readonly out: string;
}

/** Adds the flags of `ExpansionFlags`. */
export const addExpansionFlags = (command: Command): Command =>
  command
    .addOption(
      new Option(
        '--expand <way>',
        'let a model add to each query: keywords asked for in several ways, searched together (ensemble) or apart (fusion), or keywords or a passage from the best of a first search (feedback, feedback-passage)',
      ).choices(ways),
    )
    .addOption(flags.model())
    .addOption(flags.baseUrl())
    .addOption(flags.context())
    .addOption(flags.threads())
    .addOption(flags.ledger().default(undefined, 'beside --out, with --expand'))
    .addOption(flags.concurrency())
    .addOption(flags.budgetCalls())
    .addOption(flags.budgetTokens())
    .addOption(flags.budgetUsd());

export interface Expansion extends AsyncDisposable {
  readonly retriever: Retriever;
  /** Of the expansions so far. */
  readonly usage: Usage;
  readonly warnings: readonly Warning[];
}

/** The retriever with what a model adds to the queries, or as it is where nothing was asked for. */
export async function expanded(
  retriever: Retriever,
  passages: ReadonlyMap<string, Passage>,
  options: ExpansionFlags,
  { signal, onProgress }: CliContext,
): Promise<Expansion> {
  const { expand, model: name = defaultModel, context, threads, baseUrl, concurrency, out } = options;
  if (expand === undefined)
    return { retriever, usage: noUsage, warnings: [], async [Symbol.asyncDispose]() {} };
  const pool = await createModelPool({
    models: { model: { model: name, context, threads, baseUrl, concurrency } },
    ledger: options.ledger ?? `${out}.ledger`,
    budget: createBudget(budgetOf(options)),
    signal,
    onProgress,
  });
  try {
    const model = await pool.open('model');
    const warnings: Warning[] = [];
    let usage: Usage = noUsage;
    const told = {
      model,
      onExpansion: (one: { readonly usage: Usage; readonly warnings: readonly Warning[] }) => {
        usage = addUsage(usage, one.usage);
        warnings.push(...one.warnings);
      },
    };
    const passagesOf = (ids: readonly string[]) => ids.map((id) => passages.get(id)!);
    return {
      retriever: {
        ensemble: () => queryEnsembleRetriever(retriever, { ...told, combine: 'append' }),
        fusion: () => queryEnsembleRetriever(retriever, { ...told, combine: 'fuse' }),
        feedback: () => modelFeedbackRetriever(retriever, { ...told, passagesOf, write: 'keywords' }),
        'feedback-passage': () =>
          modelFeedbackRetriever(retriever, { ...told, passagesOf, write: 'passage' }),
      }[expand](),
      get usage() {
        return usage;
      },
      warnings,
      [Symbol.asyncDispose]: () => pool[Symbol.asyncDispose](),
    };
  } catch (error) {
    await pool[Symbol.asyncDispose]();
    throw error;
  }
}
