import { RankforgeError } from '../../core/errors.js';
import type { Program, ProgramRun } from '../program.js';
import type { ProgramEntry } from './entry.js';
import { allItems, byScore } from './grouping.js';

/**
 * Each item alone, all in one round, ordered by score; ties keep first-stage order, and an item whose comparison failed
 * keeps its first-stage rank.
 * @throws RankforgeError `unsupported` (from the run) where the comparator gives a passage alone no score
 */
export const pointwise: Program = function* (n): ProgramRun {
  if (n === 0) return { order: [] };
  const outcomes = yield allItems(n).map((item) => [item]);
  const scores = outcomes.map(({ failed, scores }) => (failed ? undefined : scores?.[0]));
  if (outcomes.some(({ failed }, item) => scores[item] === undefined && !failed)) {
    throw new RankforgeError('unsupported', 'The comparator gives no score to a passage alone', {
      hint: 'Use the programs full or sliding, or the comparators pointwise or likelihood.',
    });
  }
  return byScore(scores);
};

export const pointwiseEntry: ProgramEntry = {
  form: 'pointwise',
  summary: 'each passage alone, ordered by score',
  numbers: 0,
  create: () => pointwise,
};
