import { type Command, Option } from 'commander';
import { RankforgeError } from '../../../core/errors.js';
import type { ScoredId } from '../../../core/run.js';
import { fileOf } from '../../../formats/beir.js';
import { toField, toFirstField } from '../../../formats/trec-field.js';
import { writeRun } from '../../../formats/trec-run.js';
import { openFirstStage, untrainedNames } from '../../../pipeline/first-stage.js';
import { checkOutput } from '../check-output.js';
import { type CliContext, printResult } from '../cli-context.js';
import { addExpansionFlags, type ExpansionFlags, expanded } from '../expansion.js';
import { flags } from '../flags.js';
import { openDataset } from '../open-dataset.js';
import { openReading } from '../reading.js';

interface RetrieveFlags extends ExpansionFlags {
  dataset: string;
  split?: string;
  skipBad?: boolean;
  retriever: string;
  encoder: string;
  k: number;
  out: string;
  json?: boolean;
}

export function addRetrieveCommand(program: Command, context: CliContext): void {
  const command = program
    .command('retrieve')
    .description('First stage: the best k passages of each query, as a TREC run')
    .addOption(flags.dataset().makeOptionMandatory())
    .addOption(new Option('--retriever <name>', 'untrained ranking').choices(untrainedNames).default('bm25'))
    .addOption(flags.k())
    .addOption(flags.split())
    .addOption(flags.skipBad())
    .addOption(flags.encoder())
    .addOption(flags.out('where the run goes'))
    .addOption(flags.json());
  addExpansionFlags(command).action(async (options: RetrieveFlags) => {
    const result = await retrieve(options, context);
    const { queries, seconds, usage } = result;
    const asked = usage.calls > 0 ? `${usage.calls} calls (${usage.cachedCalls} from the ledger), ` : '';
    printResult(
      context,
      options,
      result,
      () => `${queries} queries, ${asked}${seconds.toFixed(1)} s: ${options.out}\n`,
    );
  });
}

async function retrieve(options: RetrieveFlags, context: CliContext) {
  const { retriever: name, encoder, k, out } = options;
  if (name !== 'bm25' && encoder === 'none') {
    throw new RankforgeError('usage', `The retriever ${name} needs an encoder`, {
      where: '--encoder none',
      hint: 'Leave --encoder out, or choose --retriever bm25.',
    });
  }
  await checkOutput(out);
  const { signal, onProgress } = context;
  using reading = openReading(options, context);
  const { passages, queries } = await openDataset(options, context, reading);
  if (queries.size === 0) {
    throw new RankforgeError('too-little-data', `${options.dataset} has no query to search for`, {
      where: options.dataset,
      hint: 'Add queries.jsonl, and name with --split judgements of the queries in it.',
    });
  }
  // Told before hours of search, and not when their run is written.
  const [queryFile, corpusFile] = [fileOf(options.dataset, 'queries'), fileOf(options.dataset, 'corpus')];
  for (const id of queries.keys()) toFirstField(id, queryFile);
  for (const id of passages.keys()) toField(id, 'space', corpusFile);
  // BM25 alone needs no encoder.
  await using stage = await openFirstStage(passages, {
    encoder: name === 'bm25' ? 'none' : encoder,
    signal,
    onProgress,
  });
  await using expansion = await expanded(stage.retrievers.get(name)!, passages, options, context);
  const { retriever } = expansion;
  const run = new Map<string, ScoredId[]>();
  const started = performance.now();
  for (const query of queries.values()) {
    signal.throwIfAborted();
    run.set(query.id, await retriever.search(query, k, { signal }));
    onProgress({ stage: 'retrieve', done: run.size, total: queries.size });
  }
  await writeRun(out, run, `rankforge-${retriever.name}`);
  return {
    out,
    retriever: retriever.name,
    passages: passages.size,
    queries: run.size,
    k,
    usage: expansion.usage,
    warnings: expansion.warnings,
    seconds: (performance.now() - started) / 1000,
  };
}
