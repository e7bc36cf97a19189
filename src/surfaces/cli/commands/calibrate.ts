import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { RankforgeError } from '../../../core/errors.js';
import { randomStream, shuffle } from '../../../core/random.js';
import { readRunTag } from '../../../formats/trec-run.js';
import { probabilityOf } from '../../../rerank/calibration/calibrate.js';
import { judgedLists } from '../../../rerank/calibration/judged-lists.js';
import { fitCalibration, writeCalibration } from '../../../rerank/calibration/score-calibration.js';
import { writeCutOff } from '../../../rerank/cut-off/cut-off.js';
import { fitCutOff } from '../../../rerank/cut-off/fit-cut-off.js';
import { type RiskName, risks } from '../../../rerank/cut-off/risks.js';
import { checkOutput } from '../check-output.js';
import { type CliContext, printResult } from '../cli-context.js';
import { amount, flags, integer } from '../flags.js';
import { type ComparatorFlags, namedComparator } from '../named-comparator.js';
import { readGivenQrels, readGivenRun } from '../read-given.js';

interface CalibrateFlags extends ComparatorFlags {
  run: string;
  qrels: string;
  relevantFrom: number;
  depth?: number;
  keepRisk?: RiskName;
  alpha: number;
  delta: number;
  out: string;
  json?: boolean;
}

export function addCalibrateCommand(program: Command, context: CliContext): void {
  program
    .command('calibrate')
    .description("Fit P(relevant) to a reranker's scores on judged queries, and a cut-off with a stated risk")
    .addOption(
      new Option('--run <file>', 'what the comparator ranked with full or pointwise').makeOptionMandatory(),
    )
    .addOption(flags.qrels().makeOptionMandatory())
    .addOption(flags.compare())
    .addOption(flags.prompt())
    .addOption(flags.model())
    .addOption(flags.baseUrl())
    .addOption(flags.context())
    .addOption(flags.threads())
    .addOption(flags.concurrency())
    .addOption(
      flags
        .depth('ranks that were reranked: the scores of those below are not fitted')
        .default(undefined, 'all'),
    )
    .option('--relevant-from <grade>', 'lowest grade that counts as relevant', integer(1), 1)
    .addOption(
      new Option(
        '--keep-risk <risk>',
        'fit a cut-off too, on queries that the calibration does not see',
      ).choices(Object.keys(risks)),
    )
    .option('--alpha <share>', 'the most of that risk, the mean over queries', amount, 0.2)
    .option('--delta <probability>', 'with which the promise may fail', amount, 0.1)
    .addOption(flags.seed())
    .addOption(flags.out('the folder for calibration.json and cut-off.json'))
    .addOption(flags.json())
    .action(async (options: CalibrateFlags) => {
      const result = await calibrate(options, context);
      printResult(context, options, result, () => summary(result));
    });
}

async function calibrate(options: CalibrateFlags, context: CliContext) {
  const { relevantFrom, keepRisk, alpha, delta, seed, out, depth } = options;
  const { signal } = context;
  const file = join(out, 'calibration.json');
  await checkOutput(file);
  const qrels = await readGivenQrels(options.qrels, { signal });
  const run = await readGivenRun(options.run, { signal });
  const judged = shuffle(
    [...run].filter(([queryId]) => qrels.has(queryId)),
    randomStream(seed, 'calibrate'),
  );
  if (judged.length === 0) {
    throw new RankforgeError('too-little-data', 'The run answers no judged query', {
      where: options.run,
      hint: 'Check that run and judgements are of the same collection and name its queries alike.',
    });
  }
  // One half fits and the other tests: what was fitted on a query promises nothing for it.
  const fitted = keepRisk === undefined ? judged : judged.slice(0, Math.ceil(judged.length / 2));
  await using comparator = await namedComparator({ ...options, ledger: undefined }, context);
  const tag = await readRunTag(options.run, { signal });
  // As `rerank` tags what it writes. A tag of another hand tells nothing.
  if (tag?.startsWith('rankforge-') && !tag.endsWith(`-${comparator.name}`)) {
    context.stderr(
      `warning: ${options.run} is tagged ${tag}: its scores seem to be of another ranking than ${comparator.name}\n`,
    );
  }
  const calibration = fitCalibration(comparator, new Map(fitted), qrels, { relevantFrom, seed, depth });
  if (keepRisk === undefined) {
    await writeCalibration(file, calibration);
    return { out: file, depth: calibration.depth, figures: calibration.figures };
  }
  const lists = judgedLists(new Map(judged.slice(fitted.length)), qrels, {
    relevantFrom,
    depth: calibration.depth,
  });
  const cutOff = fitCutOff(
    lists.map((list) => ({
      ...list,
      scores: Array.from(list.scores, (score) => probabilityOf(calibration.calibrator, score)),
    })),
    { risk: keepRisk, alpha, delta, on: 'probability', seed, depth: calibration.depth },
  );
  // Both or neither: the calibration of half of the queries would take the place of a better one.
  await writeCalibration(file, calibration);
  await writeCutOff(join(out, 'cut-off.json'), cutOff);
  return { out: file, depth: calibration.depth, figures: calibration.figures, cutOff };
}

function summary({ out, depth, figures, cutOff }: Awaited<ReturnType<typeof calibrate>>): string {
  const { error, queries, pairs } = figures;
  const lines = [
    `${out}: expected calibration error ${error.toFixed(3)} on held-out queries, ${queries} queries and ${pairs} passages of their first ${depth} ranks`,
  ];
  if (cutOff) {
    const { risk, alpha, delta, threshold, figures: seen } = cutOff;
    lines.push(
      `cut-off.json: keep from a probability of ${threshold}; ${risk} at most ${alpha} except with probability ${delta}; on ${seen.queries} other queries ${seen.kept.toFixed(1)} passages kept, ${seen.irrelevantKept.toFixed(3)} of them irrelevant, ${seen.relevantMissed.toFixed(3)} of the relevant missed`,
    );
  }
  return `${lines.join('\n')}\n`;
}
