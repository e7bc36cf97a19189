import type { Command } from 'commander';
import { compareRuns } from '../../../evaluate/compare-runs.js';
import { evaluateRun } from '../../../evaluate/evaluate-run.js';
import { type CliContext, printResult } from '../cli-context.js';
import { flags, integer } from '../flags.js';
import { readGivenQrels, readGivenRun } from '../read-given.js';
import { openReading } from '../reading.js';
import { runNames } from '../run-names.js';
import { textTable } from '../text-table.js';

interface EvaluateFlags {
  qrels: string;
  run: string[];
  measures: string;
  perQuery?: boolean;
  skipBad?: boolean;
  skipMissing?: boolean;
  relevantFrom: number;
  seed: number;
  json?: boolean;
}

export function addEvaluateCommand(program: Command, context: CliContext): void {
  program
    .command('evaluate')
    .description(
      'Measure runs against judgements; with several, each against the first, with intervals and p',
    )
    .addOption(flags.qrels().makeOptionMandatory())
    .requiredOption('--run <file...>', 'TREC runs; the first is the baseline of the others')
    .option('--measures <names>', 'separated by commas', 'nDCG@10,AP,R@100')
    .option('--per-query', "every query's values too")
    .option(
      '--skip-missing',
      'leave out judged queries that a run does not answer (else they count 0, as trec_eval -c)',
    )
    .option('--relevant-from <grade>', 'lowest grade that counts as relevant, as trec_eval -l', integer(1), 1)
    .addOption(flags.skipBad())
    .addOption(flags.seed())
    .addOption(flags.json())
    .action(async (options: EvaluateFlags) =>
      printResult(context, options, ...(await evaluate(options, context))),
    );
}

async function evaluate(options: EvaluateFlags, context: CliContext) {
  const { run: paths, measures, perQuery, skipMissing, relevantFrom, seed } = options;
  using reading = openReading(options, context);
  const qrels = await readGivenQrels(options.qrels, reading);
  const wanted = measures.split(',').map((name) => name.trim());
  const how = {
    missingQueries: skipMissing ? 'skip' : 'zero',
    relevantFrom,
    seed,
  } as const;
  const names = runNames(paths);
  const runs = await Promise.all(paths.map((path) => readGivenRun(path, reading)));
  const evaluations = runs.map((run) => evaluateRun(qrels, run, wanted, how));
  const results = runs.map((run, index) => {
    const { means, missing, unjudged } = evaluations[index]!;
    if (missing.length > 0) {
      const how = skipMissing ? 'left out' : 'counted as 0';
      context.stderr(
        `warning: judged queries that ${names[index]} does not answer, ${how}: ${missing.length}\n`,
      );
    }
    const comparison = index === 0 ? undefined : compareRuns(qrels, [run, runs[0]!], wanted[0]!, how);
    return {
      run: paths[index]!,
      queries: evaluations[index]!.perQuery.size,
      measures: means,
      missing: missing.length,
      unjudged: unjudged.length,
      ...(comparison && {
        against: paths[0]!,
        difference: { measure: comparison.measure, ...comparison.difference },
        p: comparison.test.p,
      }),
      perQuery: perQuery ? Object.fromEntries(evaluations[index]!.perQuery) : undefined,
    };
  });
  const text = () => {
    const header = [
      'run',
      ...wanted,
      ...(results.length > 1 ? [`Δ ${wanted[0]}`, '95 % interval', 'p'] : []),
    ];
    const rows = results.map(({ measures: means, ...more }, index) => [
      names[index]!,
      ...wanted.map((name) => means[name]!.toFixed(4)),
      ...(results.length > 1
        ? more.difference && more.p !== undefined
          ? [
              signed(more.difference.mean),
              `${signed(more.difference.low)} to ${signed(more.difference.high)}`,
              more.p < 0.0001 ? '<.0001' : more.p.toFixed(4),
            ]
          : ['–', '–', '–']
        : []),
    ]);
    const details = perQuery
      ? results.map(({ perQuery: values = {} }, index) =>
          textTable(
            [`query of ${names[index]}`, ...wanted],
            Object.entries(values).map(([id, row]) => [id, ...wanted.map((name) => row[name]!.toFixed(4))]),
          ),
        )
      : [];
    return [textTable(header, rows), ...details].join('\n');
  };
  return [{ results }, text] as const;
}

const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`;
