import type { Command } from 'commander';
import { RankforgeError } from '../../core/errors.js';
import type { Reranker } from '../../rerank/reranker.js';
import { readRerankerCard } from '../../rerank/reranker-card.js';
import { createReranker } from '../library/create-reranker.js';
import { openDefaultReranker } from '../library/rerank.js';
import { checkCard, withCard } from './card-flags.js';
import type { CliContext } from './cli-context.js';
import { flags, integer } from './flags.js';
import { type ComparatorFlags, namedComparator } from './named-comparator.js';

/** What picks the reranker of a server. */
export interface RerankerFlags extends Omit<ComparatorFlags, 'compare' | 'qrels' | 'parser'> {
  readonly reranker?: string;
  readonly method?: string;
  readonly compare?: string;
  readonly prompt?: string;
  readonly depth?: number;
  readonly onFailure: 'throw' | 'keep';
}

export interface OpenReranker extends Reranker, AsyncDisposable {
  /** For people and logs: how documents are compared. */
  readonly name: string;
}

/** Adds the flags of `RerankerFlags`. */
export const addRerankerFlags = (command: Command): Command =>
  command
    .option(
      '--reranker <card>',
      'a card in place of --method, --compare, --prompt, --model and --depth: see rerankers/',
    )
    .addOption(flags.method().default(undefined, "the comparator's natural one"))
    .addOption(flags.compare().default(undefined, 'the encoder and BM25 fused; with --model first'))
    .addOption(flags.prompt())
    .addOption(flags.model())
    .addOption(flags.baseUrl())
    .addOption(flags.context())
    .addOption(flags.threads())
    .option('--depth <n>', 'documents of a request that are reranked (default: all)', integer(1, 100_000))
    .addOption(flags.onFailure())
    .addOption(flags.ledger())
    .addOption(flags.concurrency())
    .addOption(flags.budgetCalls())
    .addOption(flags.budgetTokens())
    .addOption(flags.budgetUsd())
    .addOption(flags.seed());

/**
 * The reranker of a command line: a card's, the named one, or the best that the machine can run at once.
 * @throws RankforgeError `usage`, `unknown-name`, and what opening it may throw
 */
export async function openReranker(given: RerankerFlags, context: CliContext): Promise<OpenReranker> {
  const card = given.reranker === undefined ? undefined : await readRerankerCard(given.reranker);
  const options = card ? withCard(given, card) : given;
  const { compare, model, method, depth, onFailure, concurrency, seed } = options;
  if (compare === undefined && model === undefined) return openBest(options, context);
  const comparator = await namedComparator({ ...options, compare: compare ?? 'first' }, context);
  try {
    if (card) checkCard(card, comparator);
    const interpolation = card?.interpolation;
    const settings = { method, compare: comparator, depth, concurrency, onFailure, seed, interpolation };
    const reranker = createReranker(settings);
    await reranker.open();
    return {
      name: comparator.name,
      rerank: (candidates, job) => reranker.rank(candidates, job),
      [Symbol.asyncDispose]: () => comparator[Symbol.asyncDispose](),
    };
  } catch (error) {
    await comparator[Symbol.asyncDispose]();
    throw error;
  }
}

async function openBest({ method, depth }: RerankerFlags, context: CliContext): Promise<OpenReranker> {
  if (method !== undefined || depth !== undefined) {
    throw new RankforgeError('usage', '--method and --depth need a named comparator', {
      hint: 'Give --compare or --model; without them the best that runs here at once orders all documents together.',
    });
  }
  const { reranker, warnings } = await openDefaultReranker(context);
  for (const { message } of warnings) context.stderr(`warning: ${message}\n`);
  return {
    name: warnings.length > 0 ? 'student:lexical' : 'fused',
    rerank: (candidates, job) => reranker.rank(candidates, job),
    [Symbol.asyncDispose]: () => reranker[Symbol.asyncDispose](),
  };
}
