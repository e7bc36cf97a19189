import type { Command } from 'commander';
import type { Candidates } from '../../core/candidates.js';
import { RankforgeError } from '../../core/errors.js';
import { chooseProgram, type ProgramForecast } from '../../evaluate/tune/choose-program.js';
import { fitComparatorNoise } from '../../evaluate/tune/comparator-noise.js';
import { readRun } from '../../formats/trec-run.js';
import type { Comparator } from '../../rerank/comparator.js';
import type { Prices } from '../../rerank/plan.js';
import type { CliContext } from './cli-context.js';
import { amount, integer } from './flags.js';
import { readGivenQrels } from './read-given.js';
import { textTable } from './text-table.js';

export interface TargetFlags {
  readonly targetCalls?: number;
  readonly targetUsd?: number;
  readonly targetDepth?: number;
  readonly noise?: number;
  readonly noiseRun?: string;
  readonly qrels?: string;
}

/** Adds the flags of `TargetFlags`, but for `--qrels`. */
export const addTargetFlags = (command: Command): Command =>
  command
    .option('--target-calls <n>', 'pick the best program of at most so many calls a query', integer(1))
    .option('--target-usd <amount>', 'pick the best program that costs at most so much in all', amount)
    .option('--target-depth <k>', 'pick the best program for the first k ranks (default: 10)', integer(1))
    .option(
      '--noise <sd>',
      "the comparator's error, in grades, where programs are compared (default: 1)",
      amount,
    )
    .option(
      '--noise-run <file>',
      'or measured: a run that the comparator made with the program full or pointwise, against --qrels',
    );

/** Whether a program is to be picked, instead of one being planned. */
export const wantsChoice = ({ targetCalls, targetUsd, targetDepth }: TargetFlags): boolean =>
  targetCalls !== undefined || targetUsd !== undefined || targetDepth !== undefined;

export interface ProgramChoice {
  /** Best first; those outside the targets last. */
  readonly programs: readonly ProgramForecast[];
  readonly top: number;
  readonly noise: { readonly sd: number; readonly from: 'measured' | 'given' | 'assumed' };
  /** Whether the lists' own judgements were used, or typical ones where a query has none. */
  readonly grades: 'judged' | 'typical';
}

/** @throws RankforgeError `usage` for a noise run without judgements, or where no program fits; what reading throws */
export async function pickProgram(
  flags: TargetFlags,
  given: {
    readonly candidates: readonly Candidates[];
    readonly comparator: Comparator;
    readonly depth: number;
    readonly prices: Prices;
    readonly queries: number;
    readonly seed: number;
  },
  { signal }: CliContext,
): Promise<ProgramChoice> {
  const { targetCalls, targetUsd, targetDepth: top = 10, noiseRun } = flags;
  const qrels = flags.qrels === undefined ? undefined : await readGivenQrels(flags.qrels, { signal });
  if (noiseRun !== undefined && !qrels) {
    throw new RankforgeError('usage', 'A run was given to measure the noise by, without judgements', {
      where: noiseRun,
      hint: 'Give --qrels too.',
    });
  }
  const noise: ProgramChoice['noise'] =
    noiseRun !== undefined
      ? { sd: fitComparatorNoise(await readRun(noiseRun, { signal }), qrels!).sd, from: 'measured' }
      : { sd: flags.noise ?? 1, from: flags.noise === undefined ? 'assumed' : 'given' };
  const judged = given.candidates.some(({ query }) => qrels?.has(query.id));
  const programs = chooseProgram({
    ...given,
    qrels,
    noise: noise.sd,
    top,
    targets: { calls: targetCalls, usd: targetUsd },
    signal,
  });
  return { programs, top, noise, grades: judged ? 'judged' : 'typical' };
}

export function choiceTable({ programs, top, noise, grades }: ProgramChoice): string {
  const rows = programs.map((one) => [
    one.program,
    one.quality.toFixed(3),
    one.calls.toFixed(1),
    one.rounds.toFixed(1),
    String(one.promptTokens + one.outputTokens),
    one.usd.toFixed(4),
    one.fits ? '' : 'beyond the target',
  ]);
  const head = ['program', `nDCG@${top}`, 'calls', 'rounds', 'tokens', 'US dollars', ''];
  return `${textTable(head, rows)}nDCG@${top} simulated on ${grades} lists, with an error of ${noise.sd.toFixed(2)} grades (${noise.from})\n`;
}
