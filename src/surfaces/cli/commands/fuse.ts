import { type Command, Option } from 'commander';
import { RankforgeError } from '../../../core/errors.js';
import type { ScoredId } from '../../../core/run.js';
import { readRun, writeRun } from '../../../formats/trec-run.js';
import { type FusionName, fusions } from '../../../retrieval/fusion.js';
import { checkOutput } from '../check-output.js';
import { type CliContext, printResult } from '../cli-context.js';
import { amount, flags, integer } from '../flags.js';
import { runNames } from '../run-names.js';

interface FuseFlags {
  run: string[];
  fusion: FusionName;
  weights?: number[];
  k: number;
  out: string;
  json?: boolean;
}

export function addFuseCommand(program: Command, context: CliContext): void {
  program
    .command('fuse')
    .description('Several runs of the same queries as one')
    .requiredOption('--run <file...>', 'TREC runs')
    .addOption(new Option('--fusion <name>', 'how').choices(Object.keys(fusions)).default('reciprocal-rank'))
    .option('--weights <numbers>', 'one a run, separated by commas (default: 1 each)', amounts)
    .option('--k <n>', 'passages a query', integer(1), 1000)
    .addOption(flags.out('where the fused run goes'))
    .addOption(flags.json())
    .action(async (options: FuseFlags) => {
      const result = await fuse(options, context);
      printResult(
        context,
        options,
        result,
        () => `${result.queries} queries of ${result.runs} runs: ${result.out}\n`,
      );
    });
}

const amounts = (text: string): number[] => text.split(',').map(amount);

async function fuse({ run: paths, fusion, weights, k, out }: FuseFlags, { signal, stderr }: CliContext) {
  if (weights && weights.length !== paths.length) {
    throw new RankforgeError('usage', `${paths.length} runs were given, and ${weights.length} weights`, {
      where: '--weights',
      hint: 'Give one weight a run, separated by commas.',
    });
  }
  await checkOutput(out);
  const runs = await Promise.all(paths.map((path) => readRun(path, { signal })));
  const queries = new Set(runs.flatMap((run) => [...run.keys()]));
  if (queries.size === 0) {
    throw new RankforgeError('too-little-data', 'The runs are empty', {
      where: paths.join(', '),
      hint: 'Give runs that rank passages for at least one query.',
    });
  }
  const names = runNames(paths);
  for (const [index, { size }] of runs.entries()) {
    const missing = queries.size - size;
    if (missing > 0) stderr(`warning: queries that ${names[index]} does not answer: ${missing}\n`);
  }
  const fused = new Map<string, ScoredId[]>();
  for (const query of queries) {
    fused.set(
      query,
      fusions[fusion](
        runs.map((run) => run.get(query) ?? []),
        { weights },
      ).slice(0, k),
    );
  }
  await writeRun(out, fused, `rankforge-${fusion}`);
  return { out, fusion, runs: paths.length, queries: fused.size };
}
