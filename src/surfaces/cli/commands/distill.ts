import { basename } from 'node:path';
import type { Command } from 'commander';
import { lookUp } from '../../../core/names.js';
import { gateFailed } from '../../../distill/gate.js';
import { type StudentKind, studentKinds } from '../../../distill/students/scorer.js';
import { readQrels } from '../../../formats/qrels.js';
import { readRun } from '../../../formats/trec-run.js';
import { distillRuns } from '../../../pipeline/distill-runs.js';
import { type CliContext, printResult } from '../cli-context.js';
import { flags } from '../flags.js';
import { openDataset } from '../open-dataset.js';
import { textTable } from '../text-table.js';

interface DistillFlags {
  dataset: string;
  split: string;
  skipBad?: boolean;
  run: string;
  teacher: string[];
  student: string;
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
    .option('--student <kind>', studentKinds.join(', '), 'linear')
    .addOption(flags.depth(100))
    .addOption(flags.encoder())
    .addOption(flags.split())
    .addOption(flags.skipBad())
    .addOption(flags.qrels())
    .addOption(flags.seed())
    .addOption(flags.out('folder for the student').makeOptionMandatory())
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
  const { signal, onProgress } = context;
  const { run, teacher, student, depth, encoder, qrels, out, seed } = options;
  const kind = lookUp(
    Object.fromEntries(studentKinds.map((name) => [name, name])),
    student,
    'student',
  ) as StudentKind;
  const dataset = await openDataset(options, context);
  const { heldOutRun: _, ...result } = await distillRuns({
    dataset,
    run: await readRun(run),
    teachers: Object.fromEntries(
      await Promise.all(teacher.map(async (path) => [nameOf(path, teacher), await readRun(path)] as const)),
    ),
    kind,
    depth,
    encoder,
    seed,
    out,
    ...(qrels === undefined ? {} : { qrels: await readQrels(qrels) }),
    command: `rankforge distill --student ${student} --depth ${depth} --encoder ${encoder} --seed ${seed}`,
    signal,
    onProgress,
  });
  return { student: kind, ...result };
}

/** A teacher's file name, or its path where two are called alike: each must count. */
function nameOf(path: string, all: readonly string[]): string {
  const name = basename(path);
  return all.filter((other) => basename(other) === name).length > 1 ? path : name;
}
