import { join } from 'node:path';
import type { Command } from 'commander';
import type { Candidates } from '../../../core/candidates.js';
import { RankforgeError } from '../../../core/errors.js';
import type { Run } from '../../../core/run.js';
import { measure as checkMeasure } from '../../../evaluate/parse-measure.js';
import { tuneSettings } from '../../../evaluate/tune/settings.js';
import { type TuneResult, type TuneSetting, tune } from '../../../evaluate/tune/tune.js';
import { atomicWrite } from '../../../formats/atomic-write.js';
import type { Dataset } from '../../../formats/dataset.js';
import { createBudget } from '../../../models/door/budget.js';
import type { LanguageModel } from '../../../models/language-model.js';
import { candidatesOf } from '../../../pipeline/candidates-of.js';
import { openFirstStage } from '../../../pipeline/first-stage.js';
import { createModelPool } from '../../../pipeline/model-pool.js';
import type { Comparator } from '../../../rerank/comparator.js';
import { openComparator } from '../../../rerank/comparators/registry.js';
import { promptNamed } from '../../library/open-comparator.js';
import { checkOutput } from '../check-output.js';
import { type CliContext, printResult } from '../cli-context.js';
import { type BudgetOptions, budgetOf, flags, integer } from '../flags.js';
import { openDataset } from '../open-dataset.js';
import { readGivenQrels, readGivenRun } from '../read-given.js';
import { textTable } from '../text-table.js';
import { type TunedCardFlags, tunedCard } from '../tuned-card.js';

interface TuneFlags extends BudgetOptions, TunedCardFlags {
  baseUrl?: string;
  context: number;
  threads?: number;
  measure: string;
  ledger?: string;
  concurrency: number;
  json?: boolean;
}

export function addTuneCommand(program: Command, context: CliContext): void {
  program
    .command('tune')
    .description(
      'Find how a model ranks best: comparator, labels, window and prompt, on judged queries, as a card',
    )
    .addOption(flags.dataset().makeOptionMandatory())
    .addOption(flags.model().makeOptionMandatory())
    .option('--run <file>', 'candidates to rerank (default: the best of BM25)')
    .addOption(flags.qrels())
    .addOption(flags.split())
    .option(
      '--compare <names>',
      'comparators to try, with commas (default: all that take one call a passage or window)',
    )
    .option(
      '--prompts <ids>',
      'listwise prompts to try, ids or .md files with commas (default: the bundled ones)',
    )
    .addOption(flags.depth('candidates a query that are reranked').default(20))
    .option('--measure <name>', 'what is to be best', 'nDCG@10')
    .addOption(flags.encoder())
    .addOption(flags.baseUrl())
    .addOption(flags.context())
    .addOption(flags.threads())
    .addOption(flags.ledger().default(undefined, 'inside --out'))
    .addOption(flags.concurrency())
    .option('--budget-tokens <n>', 'tokens of the whole search', integer(1), 500_000)
    .addOption(flags.budgetCalls())
    .addOption(flags.budgetUsd())
    .addOption(flags.seed())
    .addOption(flags.out("the card's folder"))
    .addOption(flags.json())
    .action(async (options: TuneFlags) => {
      const result = await runTune(options, context);
      printResult(context, options, result, () => table(result, options));
    });
}

async function runTune(options: TuneFlags, context: CliContext): Promise<TuneResult> {
  const { out, model: name, baseUrl, threads, concurrency, depth, measure, seed } = options;
  const { signal, onProgress } = context;
  checkMeasure(measure);
  await checkOutput(join(out, 'card.json'));
  const dataset = await openDataset(options, context);
  const qrels = options.qrels === undefined ? dataset.qrels : await readGivenQrels(options.qrels, { signal });
  await using pool = await createModelPool({
    models: { model: { model: name, context: options.context, threads, baseUrl, concurrency } },
    ledger: options.ledger ?? join(out, 'ledger'),
    // The search plans its tokens; what it planned wrong is not stopped in the middle of a ranking.
    budget: createBudget({ ...budgetOf(options), tokens: undefined }),
    signal,
    onProgress,
  });
  const model = await pool.open('model');
  const settings = tuneSettings(model, {
    depth,
    compare: options.compare?.split(','),
    prompts: options.prompts?.split(','),
  });
  const comparators = await openAll(settings, model);
  // Only now: a misspelt name should not wait until a corpus is embedded.
  const { candidates, beside } = await findCandidates(options, dataset, context);
  const result = await tune({
    settings: [...comparators.keys()],
    open: (setting) => {
      const comparator = comparators.get(setting)!;
      if (comparator instanceof RankforgeError) throw comparator;
      return comparator;
    },
    candidates,
    qrels,
    measure,
    depth,
    budgetTokens: options.budgetTokens!,
    beside,
    seed,
    concurrency,
    signal,
    onProgress,
  });
  const comparator = comparators.get(result.winner) as Comparator;
  await atomicWrite(
    join(out, 'card.json'),
    `${JSON.stringify(tunedCard(options, result, comparator), null, 2)}\n`,
  );
  await atomicWrite(join(out, 'tune.json'), `${JSON.stringify(result, null, 2)}\n`);
  return result;
}

/** What cannot be opened on this model takes part as its error, so that the result can tell why it was not tried. */
async function openAll(
  settings: readonly TuneSetting[],
  model: LanguageModel,
): Promise<Map<TuneSetting, Comparator | RankforgeError>> {
  const opened = new Map<TuneSetting, Comparator | RankforgeError>();
  for (const setting of settings) {
    const prompt = setting.prompt === undefined ? undefined : promptNamed(setting.prompt);
    const comparator = await openComparator(setting.compare, { model, prompt }).catch((error: unknown) => {
      if (error instanceof RankforgeError && error.code !== 'unknown-name') return error;
      throw error;
    });
    opened.set(setting, comparator);
  }
  return opened;
}

/** The lists to rerank, and what BM25 and the encoder make of the corpus. */
async function findCandidates(
  { run, encoder, depth }: TuneFlags,
  dataset: Dataset,
  { signal, onProgress }: CliContext,
): Promise<{ candidates: Candidates[]; beside: Record<string, Run> }> {
  await using stage = await openFirstStage(dataset.passages, { encoder, signal, onProgress });
  const beside: Record<string, Run> = {};
  for (const [name, retriever] of stage.retrievers) {
    const found = new Map<string, Awaited<ReturnType<typeof retriever.search>>>();
    for (const query of dataset.queries.values())
      found.set(query.id, await retriever.search(query, 100, { signal }));
    beside[name] = found;
  }
  const first = run === undefined ? beside.bm25! : await readGivenRun(run, { signal });
  return {
    candidates: candidatesOf(first, dataset, { depth }).map(({ query, items }) => ({
      query,
      items: items.slice(0, depth),
    })),
    beside,
  };
}

function table(
  { rungs, failed, winner, measure, value, beside, queries }: TuneResult,
  { out }: TuneFlags,
): string {
  const last = rungs.at(-1)!;
  const seen = new Map<TuneSetting, { mean: number; trials: number }>();
  for (const { trials, entries } of rungs)
    for (const { setting, mean } of entries) seen.set(setting, { mean, trials });
  const rows = [...seen]
    .sort(([, a], [, b]) => b.trials - a.trials || b.mean - a.mean)
    .map(([{ compare, method, prompt = '' }, { mean, trials }]) => [
      compare,
      method,
      prompt,
      String(trials),
      mean.toFixed(3),
    ]);
  const impossible = failed.map(
    ({ setting: { compare, method }, error }) =>
      `not possible: ${compare} with ${method}: ${(error as Error).message}\n`,
  );
  const measured = [
    [`${winner.compare} with ${winner.method}`, value] as const,
    ...Object.entries(beside),
  ].map(([name, { mean, low, high }]) => [
    name,
    `${mean.toFixed(3)} [${low.toFixed(3)}, ${high.toFixed(3)}]`,
  ]);
  const [ahead] = Object.entries(beside)
    .map(([name, { mean }]) => ({ name, mean }))
    .sort((a, b) => b.mean - a.mean);
  return [
    textTable(['compare', 'method', 'prompt', 'queries', measure], rows),
    ...impossible,
    `\nOn the ${queries.measuredOn} queries that had no part in the choice (the last choice was made on ${last.trials}):\n`,
    textTable(['ranking', measure], measured),
    ahead && ahead.mean >= value.mean
      ? `\nIt is no better there than ${ahead.name}, which asks no model: use that.\n`
      : '',
    `\nCard: ${join(out, 'card.json')}\n`,
  ].join('');
}
