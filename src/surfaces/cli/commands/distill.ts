import { type Command, Option } from 'commander';
import { gateFailed } from '../../../distill/gate.js';
import { type StudentKind, studentKinds } from '../../../distill/students/scorer.js';
import { readQrels } from '../../../formats/qrels.js';
import { readRun } from '../../../formats/trec-run.js';
import { distillRuns } from '../../../pipeline/distill-runs.js';
import { checkOutputFolder } from '../check-output.js';
import { type CliContext, printResult } from '../cli-context.js';
import { flags } from '../flags.js';
import { openDataset } from '../open-dataset.js';
import { openReading } from '../reading.js';
import { runNames } from '../run-names.js';
import { textTable } from '../text-table.js';

interface DistillFlags {
  dataset: string;
  split?: string;
  skipBad?: boolean;
  run: string;
  teacher: string[];
  student: StudentKind;
  depth: number;
  encoder: string;
  qrels?: string;
  out: string;
  seed: number;
  json?: boolean;
}

export function addDistillCommand(program: Command, context: CliContext): void {
  program
    .command('distill')
    .description(
      'Train a student from recorded rankings; with --qrels its cross-validated ranking must pass the gate',
    )
    .addOption(flags.dataset().makeOptionMandatory())
    .addOption(flags.run().makeOptionMandatory())
    .requiredOption('--teacher <file...>', 'TREC runs to learn from')
    .addOption(new Option('--student <kind>', 'what to train').choices(studentKinds).default('linear'))
    .addOption(flags.depth('candidates a query that are learned from'))
    .addOption(flags.encoder())
    .addOption(flags.split())
    .addOption(flags.skipBad())
    .addOption(flags.qrels())
    .addOption(flags.seed())
    .addOption(flags.out('folder for the student'))
    .addOption(flags.json())
    .action(async (options: DistillFlags) => {
      const result = await distill(options, context);
      printResult(context, options, result, () => {
        const { gate } = result;
        if (!gate) return `${result.folder}: not gated, since no --qrels were given\n`;
        const rows = Object.entries(gate.baselineMeans).map(([name, value]) => [name, value.toFixed(4)]);
        return `${textTable(['ranking', gate.measure], [...rows, [`student ${options.student}, cross-validated`, gate.studentMean.toFixed(4)]])}\nGate ${gate.passed ? 'passed' : 'NOT passed'}: ${gate.reason}\n${result.folder}\n`;
      });
      if (result.gate && !result.gate.passed) throw gateFailed(result.gate, result.folder);
    });
}

async function distill(options: DistillFlags, context: CliContext) {
  const { signal, onProgress, stderr } = context;
  const { teacher, student, depth, encoder, qrels, out, seed } = options;
  await checkOutputFolder(out, 'student.json');
  using reading = openReading(options, context);
  const run = await readRun(options.run, reading);
  const teachers = await Promise.all(teacher.map((path) => readRun(path, reading)));
  const judged = qrels === undefined ? undefined : await readQrels(qrels, reading);
  const { heldOutRun: _, ...result } = await distillRuns({
    dataset: await openDataset(options, context, reading),
    run,
    teachers: Object.fromEntries(runNames(teacher).map((name, index) => [name, teachers[index]!])),
    kind: student,
    depth,
    encoder,
    seed,
    out,
    qrels: judged,
    command: `rankforge distill --student ${student} --depth ${depth} --encoder ${encoder} --seed ${seed}`,
    signal,
    onProgress,
  });
  if (result.queries < run.size) {
    stderr(`warning: queries left out, since a teacher does not rank them: ${run.size - result.queries}\n`);
  }
  return { student, ...result };
}
