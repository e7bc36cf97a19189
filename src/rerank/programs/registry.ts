import { RankforgeError } from '../../core/errors.js';
import { lookUp } from '../../core/names.js';
import type { Program } from '../program.js';
import { adaptiveEntry } from './adaptive.js';
import { blocksEntry } from './blocks.js';
import type { ProgramEntry, ProgramOptions } from './entry.js';
import { fullEntry } from './full.js';
import { groupwiseEntry } from './groupwise.js';
import { pairwiseAllEntry } from './pairwise-all.js';
import { pairwiseBubbleEntry } from './pairwise-bubble.js';
import { pairwiseHeapEntry } from './pairwise-heap.js';
import { pointwiseEntry } from './pointwise.js';
import { setwiseBubbleEntry } from './setwise-bubble.js';
import { setwiseHeapEntry } from './setwise-heap.js';
import { slidingEntry } from './sliding.js';
import { swissEntry } from './swiss.js';
import { tdpartEntry } from './tdpart.js';
import { tournamentEntry } from './tournament.js';

export const programs = {
  full: fullEntry,
  sliding: slidingEntry,
  pointwise: pointwiseEntry,
  tdpart: tdpartEntry,
  tournament: tournamentEntry,
  blocks: blocksEntry,
  groupwise: groupwiseEntry,
  adaptive: adaptiveEntry,
  swiss: swissEntry,
  'setwise-heap': setwiseHeapEntry,
  'setwise-bubble': setwiseBubbleEntry,
  'pairwise-all': pairwiseAllEntry,
  'pairwise-heap': pairwiseHeapEntry,
  'pairwise-bubble': pairwiseBubbleEntry,
} satisfies Record<string, ProgramEntry>;

export type ProgramName = keyof typeof programs;

/**
 * A program by its written form: a name, numbers after a colon (a last word for some), and after an @ how many ranks
 * are of interest: `full`, `sliding:20/10`, `tdpart:20@10`, `blocks:20/4/borda`. Those that settle every rank at once
 * accept @TOP and need not heed it.
 * @throws RankforgeError `unknown-name` with the nearest right one; `usage` for numbers that do not fit
 */
export function parseProgram(spec: string, { seed }: Pick<ProgramOptions, 'seed'> = {}): Program {
  const [, name = spec, parts, top] = /^([^:@]*)(?::([^@]*))?(?:@(.*))?$/s.exec(spec) ?? [];
  const entry: ProgramEntry = lookUp(programs, name, 'program');
  const given = parts === undefined ? [] : parts.split('/');
  const word = entry.words?.includes(given.at(-1)!) ? given.pop() : undefined;
  const numbers = given.map(toCount);
  const wanted = top === undefined ? undefined : toCount(top);
  if (numbers.length > entry.numbers || [...numbers, wanted ?? 1].some((value) => !(value >= 1))) {
    throw new RankforgeError('usage', `"${spec}" is not a program`, {
      where: spec,
      hint: `Write it as ${entry.form}, with whole numbers from 1${entry.words ? ` and one of ${entry.words.join(', ')}` : ''}.`,
    });
  }
  return entry.create(numbers, { top: wanted, seed }, word);
}

const toCount = (text: string): number => (/^\d{1,9}$/.test(text) ? Number(text) : Number.NaN);
