import { RankforgeError } from '../../core/errors.js';
import { lookUp } from '../../core/names.js';
import type { Program } from '../program.js';
import type { ProgramEntry } from './entry.js';
import { fullEntry } from './full.js';
import { pointwiseEntry } from './pointwise.js';
import { slidingEntry } from './sliding.js';

export const programs = {
  full: fullEntry,
  sliding: slidingEntry,
  pointwise: pointwiseEntry,
} satisfies Record<string, ProgramEntry>;

export type ProgramName = keyof typeof programs;

/**
 * A program by its written form: a name, numbers after a colon, and after an @ how many ranks are of interest:
 * `full`, `sliding:20/10`, `sliding:20/10@30`, `pointwise`. Those that settle every rank at once accept @TOP and need not heed it.
 * @throws RankforgeError `unknown-name` with the nearest right one; `usage` for numbers that do not fit
 */
export function parseProgram(spec: string): Program {
  const [, name = spec, numbers, top] = /^([^:@]*)(?::([^@]*))?(?:@(.*))?$/s.exec(spec) ?? [];
  const entry: ProgramEntry = lookUp(programs, name, 'program');
  const given = numbers === undefined ? [] : numbers.split('/').map(toCount);
  const wanted = top === undefined ? undefined : toCount(top);
  if (given.length > entry.numbers || [...given, wanted ?? 1].some((value) => !(value >= 1))) {
    throw new RankforgeError('usage', `"${spec}" is not a program`, {
      where: spec,
      hint: `Write it as ${entry.form}, with whole numbers from 1.`,
    });
  }
  return entry.create(given, { top: wanted });
}

const toCount = (text: string): number => (/^\d{1,9}$/.test(text) ? Number(text) : Number.NaN);
