import type { Program, ProgramRun } from '../program.js';
import type { ProgramEntry } from './entry.js';

/** All items in one comparison: its scores, where there are any, are comparable and kept. */
export const full: Program = function* (n): ProgramRun {
  const items = Array.from({ length: n }, (_, index) => index);
  if (n < 2) return { order: items };
  const [outcome] = yield [items];
  const { order, scores } = outcome!;
  return scores ? { order, scores } : { order };
};

export const fullEntry: ProgramEntry = {
  form: 'full',
  summary: 'all passages in one call',
  numbers: 0,
  create: () => full,
};
