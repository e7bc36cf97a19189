import { type Command, InvalidArgumentError, Option } from 'commander';
import { RankforgeError } from '../../../core/errors.js';
import { readClickLog } from '../../../distill/clicks/click-log.js';
import { gateFailed } from '../../../distill/gate.js';
import { type AnyStudentKind, allStudentKinds } from '../../../distill/student-kinds.js';
import { isReaderKind } from '../../../distill/texts/text-reader.js';
import { distillFeatures } from '../../../pipeline/distill-feature-file.js';
import {
  type DistillRunsOptions,
  distillRuns,
  type LabelFacts,
  withDefaultLoss,
} from '../../../pipeline/distill-runs.js';
import { checkOutputFolder } from '../check-output.js';
import { type CliContext, printResult } from '../cli-context.js';
import { flags } from '../flags.js';
import { openDataset } from '../open-dataset.js';
import { readGivenQrels, readGivenRankings, readGivenRun } from '../read-given.js';
import { openReading } from '../reading.js';
import { runNames } from '../run-names.js';
import { spellCommand, withoutFolders } from '../spell-command.js';
import { textTable } from '../text-table.js';
import { type AutoFlags, autoOptions, checkAutoFlags, runAuto } from './distill-auto.js';
import { type TrainingFlags, trainingOf, trainingOptions } from './training-flags.js';

interface DistillFlags extends AutoFlags, TrainingFlags {
  dataset?: string;
  split?: string;
  skipBad?: boolean;
  run?: string;
  teacher?: string[];
  teacherWeights: 'equal' | 'judged';
  teacherLabels?: 'ranks' | 'scores';
  clicks?: string;
  labels?: string;
  features?: string;
  propensities?: number[];
  student: AnyStudentKind;
  teacherMargin?: number;
  depth: number;
  encoder: string;
  qrels?: string;
  out: string;
  seed: number;
  json?: boolean;
  /** The command line, for the card. */
  command: string;
}

export function addDistillCommand(program: Command, context: CliContext): void {
  const command = program
    .command('distill')
    .description(
      'Train a student from recorded rankings, clicks, judgements or a feature file; with judged queries its ranking of what it did not learn from must pass the gate',
    )
    .addOption(flags.dataset())
    .addOption(flags.run())
    .option('--teacher <file...>', 'rankings to learn from: TREC runs or RankLLM results (JSON, JSONL)')
    .addOption(
      new Option(
        '--teacher-weights <way>',
        'equal, or fitted on half of the judged queries, which the gate leaves out',
      )
        .choices(['equal', 'judged'])
        .default('equal'),
    )
    .addOption(
      new Option(
        '--teacher-labels <what>',
        "what of the rankings means something (default: ranks); scores: --features has a teacher's scores, not grades",
      ).choices(['ranks', 'scores']),
    )
    .option('--clicks <file>', 'in place of --run and --teacher: JSONL of query, shown and clicked')
    .option(
      '--labels <file>',
      'in place of --teacher: judgements to learn from, TREC or BEIR, of other queries than those of --qrels',
    )
    .option(
      '--features <file>',
      'in place of --dataset, --run and --teacher: SVMlight or LETOR, "label qid:q 1:x 2:y # comment"',
    )
    .addOption(
      new Option(
        '--propensities <list>',
        'how likely each position is to be looked at, as 1,0.6,0.4 (default: learnt from the clicks)',
      ).argParser(propensityList),
    )
    .addOption(
      new Option('--student <kind>', 'what to train; static and cross-encoder read the texts')
        .choices(allStudentKinds)
        .default('linear'),
    )
    .addOption(
      new Option(
        '--teacher-margin <ndcg>',
        'fails the gate where the student may be worse than its teacher by more (default: any)',
      ).argParser(margin),
    )
    .addOption(flags.depth('candidates a query that are learned from'))
    .addOption(flags.encoder())
    .addOption(flags.split())
    .addOption(flags.skipBad())
    .addOption(flags.qrels())
    .addOption(flags.seed())
    .addOption(flags.out('folder for the student'))
    .addOption(flags.json());
  for (const option of [...trainingOptions(), ...autoOptions()]) command.addOption(option);
  command.action(async (given: Omit<DistillFlags, 'command'>) => {
    const options = { ...given, command: commandOf(given, command) };
    checkAutoFlags(options, options.features);
    await checkOutputFolder(options.out, options.auto ? 'frontier.json' : 'student.json');
    if (options.auto) return distillAll(options, context);
    const result = await (options.features === undefined
      ? distill(options, context)
      : distillFile(options, options.features, context));
    printResult(context, options, result, () => {
      const { gate } = result;
      if (!gate) return `${result.folder}: not gated, since no judgements were given\n`;
      const rows = Object.entries(gate.baselineMeans).map(([name, value]) => [name, value.toFixed(4)]);
      return `${textTable(['ranking', gate.measure], [...rows, [`student ${options.student}, ${options.labels === undefined ? 'cross-validated' : 'on queries it did not learn from'}`, gate.studentMean.toFixed(4)]])}\nGate ${gate.passed ? 'passed' : 'NOT passed'}: ${gate.reason}\n${result.folder}\n`;
    });
    if (result.gate && !result.gate.passed) throw gateFailed(result.gate, result.folder);
  });
}

async function distill(options: DistillFlags, context: CliContext) {
  const { student } = options;
  using reading = openReading(options, context);
  const given = await readAll(options, reading, context);
  const { heldOutRun: _, ...result } = await distillRuns({ ...given, kind: student });
  return { student, ...result };
}

async function distillAll(options: DistillFlags, context: CliContext): Promise<void> {
  using reading = openReading(options, context);
  await runAuto(options, await readAll(options, reading, context), context);
}

/** Below this share of the candidates most labels are not the teacher's own word. */
const fairlyCovered = 0.5;

/** One student and all of them say the same of their labels. */
function sayLabels(
  { leftOut, covered = {}, weights, propensities }: LabelFacts,
  options: Pick<DistillFlags, 'teacherWeights' | 'propensities'>,
  { stderr }: CliContext,
): void {
  if (leftOut > 0) stderr(`warning: queries left out, since a teacher does not rank them: ${leftOut}\n`);
  for (const [name, share] of Object.entries(covered)) {
    if (share >= fairlyCovered) continue;
    const percent = (100 * share).toPrecision(2);
    stderr(
      `warning: the teacher ${name} ranks ${percent} % of the candidates; the others count as its lowest\n`,
    );
  }
  if (weights && options.teacherWeights === 'judged') stderr(`teachers: ${weights.reason}\n`);
  if (propensities && !options.propensities) {
    const looked = propensities.map((value) => value.toFixed(2)).join(' ');
    stderr(`looked at, by rank: ${looked}\n`);
  }
}

/** What one student and all of them are trained from. */
async function readAll(
  options: DistillFlags,
  reading: ReturnType<typeof openReading>,
  context: CliContext,
): Promise<Omit<DistillRunsOptions, 'kind'>> {
  const { signal, onProgress } = context;
  const { dataset, encoder, qrels, teacherMargin, out, seed } = options;
  if (dataset === undefined) throw missing('--dataset');
  const learnFrom = await readRecorded(options, reading);
  const judged = qrels === undefined ? undefined : await readGivenQrels(qrels, reading);
  return {
    ...{ learnFrom, training: trainingOf(options), encoder, seed, out, teacherMargin, signal, onProgress },
    // Queries to learn from and queries to gate on are of two splits.
    dataset: await openDataset(
      { ...options, dataset, everyQuery: options.labels !== undefined && options.split === undefined },
      context,
      reading,
    ),
    qrels: judged,
    command: options.command,
    onLabels: (facts) => sayLabels(facts, options, context),
  };
}

async function distillFile(options: DistillFlags, path: string, context: CliContext) {
  const { signal, onProgress } = context;
  const { student, teacherLabels, out, seed } = options;
  const labels = teacherLabels === 'scores' ? 'scores' : 'grades';
  const other = (['dataset', 'run', 'teacher', 'clicks', 'labels', 'qrels'] as const).find(
    (name) => options[name],
  );
  if (other) {
    throw new RankforgeError('usage', `--${other} says nothing beside --features`, {
      where: `--${other}`,
      hint: 'A feature file holds queries, features and labels; leave the others out.',
    });
  }
  if (isReaderKind(student)) {
    throw new RankforgeError('usage', `The student "${student}" reads texts, and a feature file has none`, {
      where: `--student ${student}`,
      hint: 'Train linear, lambdamart or mlp, or give --dataset and rankings.',
    });
  }
  using reading = openReading(options, context);
  const result = await distillFeatures({
    path,
    reading,
    kind: student,
    labels,
    training: withDefaultLoss(trainingOf(options), labels),
    seed,
    out,
    source: withoutFolders(path),
    command: options.command,
    signal,
    onProgress,
  });
  if (result.twins > 0) {
    context.stderr(
      `warning: queries with the rows of another query, kept in its fold and counted with it at the gate: ${result.twins}\n`,
    );
  }
  return { student, ...result };
}

async function readRecorded(
  options: DistillFlags,
  reading: ReturnType<typeof openReading>,
): Promise<DistillRunsOptions['learnFrom']> {
  const { run, teacher, clicks, labels, propensities, depth, teacherWeights, teacherLabels } = options;
  if (clicks !== undefined) {
    if (teacher || run !== undefined || labels !== undefined)
      throw new RankforgeError('usage', '--clicks stands in place of --run, --teacher and --labels', {
        where: '--clicks',
        hint: 'Give one or the other: a click log has its own lists.',
      });
    return { sessions: await readClickLog(clicks, reading), propensities };
  }
  if (run === undefined) throw missing('--run');
  if (labels !== undefined) {
    if (teacher)
      throw new RankforgeError('usage', '--labels stands in place of --teacher', {
        where: '--labels',
        hint: 'Learn from judgements or from rankings.',
      });
    if (teacherLabels === 'scores' || teacherWeights === 'judged')
      throw new RankforgeError('usage', 'Judgements have no teacher whose scores or weight could count', {
        where: teacherLabels === 'scores' ? '--teacher-labels' : '--teacher-weights',
        hint: 'Leave it out beside --labels.',
      });
    return {
      run: await readGivenRun(run, reading),
      depth,
      grades: await readGivenQrels(labels, reading),
    };
  }
  if (!teacher) throw missing('--teacher');
  const candidates = await readGivenRun(run, reading);
  const teachers = await Promise.all(teacher.map((path) => readGivenRankings(path, reading)));
  return {
    run: candidates,
    depth,
    teachers: Object.fromEntries(runNames(teacher).map((name, index) => [name, teachers[index]!])),
    teacherWeights,
    supervision: teacherLabels,
  };
}

const missing = (flag: string): RankforgeError =>
  new RankforgeError('usage', `distill needs ${flag}`, {
    where: flag,
    hint: 'Rankings take --dataset, --run and --teacher; judgements --labels for --teacher; clicks --dataset and --clicks; a feature file --features.',
  });

const commandOf = ({ auto, features, clicks }: Omit<DistillFlags, 'command'>, command: Command): string =>
  spellCommand(command, {
    defaults: [
      ...(auto ? [] : ['student']),
      ...(features === undefined && clicks === undefined ? ['depth'] : []),
      ...(features === undefined ? ['encoder'] : []),
      'seed',
    ],
    // Where the student is put, and how the result is printed, change nothing of it.
    without: ['out', 'json'],
  });

function margin(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError('A number from 0 to 1 is needed.');
}

function propensityList(text: string): number[] {
  const values = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  if (values.every((value) => value > 0 && value <= 1)) return values;
  throw new InvalidArgumentError('Numbers above 0 and up to 1 are needed, with commas between them.');
}
