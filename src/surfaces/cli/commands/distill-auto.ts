import { InvalidArgumentError, Option } from 'commander';
import { RankforgeError } from '../../../core/errors.js';
import { gateFailed } from '../../../distill/gate.js';
import { type DistillAutoOptions, distillAuto } from '../../../pipeline/distill-auto.js';
import { frontierTable } from '../../../pipeline/report/frontier.js';
import { type CliContext, printResult } from '../cli-context.js';
import { textTable } from '../text-table.js';

export interface AutoFlags {
  auto?: boolean;
  /** Minutes. */
  timeLimit?: number;
  latencyMs?: number;
  json?: boolean;
}

export const autoOptions = (): Option[] => [
  new Option('--auto', 'try every kind of student, and keep the best that passes the gate'),
  new Option(
    '--time-limit <minutes>',
    'with --auto: what training may take; what is finished by then counts',
  ).argParser(above0),
  new Option(
    '--latency-ms <ms>',
    'with --auto: what ranking 100 candidates may take, 95 times of 100',
  ).argParser(above0),
];

/** @throws RankforgeError `usage` for a flag that says nothing without, or beside, `--auto` */
export function checkAutoFlags({ auto, timeLimit, latencyMs }: AutoFlags, features?: string): void {
  const idle =
    timeLimit !== undefined ? '--time-limit' : latencyMs !== undefined ? '--latency-ms' : undefined;
  if (!auto && idle) {
    throw new RankforgeError('usage', `${idle} says nothing without --auto`, {
      where: idle,
      hint: 'Add --auto, or leave it out.',
    });
  }
  if (auto && features !== undefined) {
    throw new RankforgeError(
      'usage',
      '--auto learns from rankings, clicks or judgements, not from a feature file',
      {
        where: '--features',
        hint: 'Give --dataset, --run and --teacher, or name one kind with --student.',
      },
    );
  }
}

/** Trains all kinds, prints the frontier, and ends with the gate's error where the chosen one did not pass. */
export async function runAuto(
  options: AutoFlags,
  given: Omit<DistillAutoOptions, 'timeLimit' | 'latencyMs'>,
  context: CliContext,
): Promise<void> {
  const { timeLimit, latencyMs } = options;
  const result = await distillAuto({ ...given, timeLimit: timeLimit && timeLimit * 60, latencyMs });
  const { gate, frontier, folder, chosen } = result;
  printResult(context, options, result, () => {
    const { columns, rows } = frontierTable({ frontier })!;
    const worth = gate
      ? `Gate ${gate.passed ? 'passed' : 'NOT passed'}: ${gate.reason}`
      : 'Not gated, since no judgements were given';
    return `${textTable(columns, rows)}\nChosen: ${chosen}, since ${frontier.reason}\n${worth}\n${folder}, with frontier.svg and report.html\n`;
  });
  if (gate && !gate.passed) throw gateFailed(gate, folder);
}

function above0(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value > 0) return value;
  throw new InvalidArgumentError('A number above 0 is needed.');
}
