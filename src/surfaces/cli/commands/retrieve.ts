import type { Command } from 'commander';
import { lookUp } from '../../../core/names.js';
import type { ScoredId } from '../../../core/run.js';
import { writeRun } from '../../../formats/trec-run.js';
import { openFirstStage } from '../../../pipeline/first-stage.js';
import type { Retriever } from '../../../retrieval/retriever.js';
import { checkOutput } from '../check-output.js';
import { type CliContext, printResult } from '../cli-context.js';
import { flags } from '../flags.js';
import { openDataset } from '../open-dataset.js';

interface RetrieveFlags {
  dataset: string;
  split: string;
  skipBad?: boolean;
  retriever: string;
  encoder: string;
  k: number;
  out: string;
  json?: boolean;
}

export function addRetrieveCommand(program: Command, context: CliContext): void {
  program
    .command('retrieve')
    .description('First stage: the best k passages of each query, as a TREC run')
    .addOption(flags.dataset().makeOptionMandatory())
    .option('--retriever <name>', 'bm25, dense, fused, feedback or fused-feedback', 'bm25')
    .addOption(flags.k())
    .addOption(flags.split())
    .addOption(flags.skipBad())
    .addOption(flags.encoder())
    .addOption(flags.out('where the run goes').makeOptionMandatory())
    .addOption(flags.json())
    .action(async (options: RetrieveFlags) => {
      const result = await retrieve(options, context);
      printResult(
        context,
        options,
        result,
        () => `${result.queries} queries, ${result.seconds.toFixed(1)} s: ${options.out}\n`,
      );
    });
}

async function retrieve(options: RetrieveFlags, context: CliContext) {
  const { retriever: name, encoder, k, out } = options;
  await checkOutput(out);
  const { signal, onProgress } = context;
  // BM25 alone needs no encoder; and a misspelt name is told before anything is downloaded.
  lookUp({ bm25: true, dense: true, fused: true, feedback: true, 'fused-feedback': true }, name, 'retriever');
  const { passages, queries } = await openDataset(options, context);
  await using stage = await openFirstStage(passages, {
    encoder: name === 'bm25' ? 'none' : encoder,
    signal,
    onProgress,
  });
  const retriever: Retriever = stage.retrievers.get(name)!;
  const run = new Map<string, ScoredId[]>();
  const started = performance.now();
  for (const query of queries.values()) {
    signal.throwIfAborted();
    run.set(query.id, await retriever.search(query, k, { signal }));
    onProgress({ stage: 'retrieve', done: run.size, total: queries.size });
  }
  await writeRun(out, run, `rankforge-${name}`);
  return {
    out,
    retriever: name,
    passages: passages.size,
    queries: run.size,
    k,
    seconds: (performance.now() - started) / 1000,
  };
}
