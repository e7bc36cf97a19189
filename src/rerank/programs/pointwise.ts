import { RankforgeError } from '../../core/errors.js';
import { orderByScore } from '../../core/vectors.js';
import type { Program, ProgramRun } from '../program.js';
import type { ProgramEntry } from './entry.js';

/**
 * Each item alone, all in one round, ordered by score; ties keep first-stage order, and an item whose comparison failed
 * keeps its first-stage rank.
 * @throws RankforgeError `unsupported` (from the run) where the comparator gives a passage alone no score
 */
export const pointwise: Program = function* (n): ProgramRun {
  if (n === 0) return { order: [] };
  const outcomes = yield Array.from({ length: n }, (_, index) => [index]);
  const scores = outcomes.map((outcome) => outcome.scores?.[0]);
  if (outcomes.some((outcome, index) => scores[index] === undefined && !outcome.failed)) {
    throw new RankforgeError('unsupported', 'The comparator gives no score to a passage alone', {
      hint: 'Use the programs full or sliding, or the comparators pointwise or likelihood.',
    });
  }
  const scored = scores.flatMap((score, index) => (score === undefined ? [] : [index]));
  const order = orderByScore(scored.map((index) => scores[index]!)).map((position) => scored[position]!);
  for (const [index, score] of scores.entries()) if (score === undefined) order.splice(index, 0, index);
  return scored.length === n ? { order, scores: scores as number[] } : { order };
};

export const pointwiseEntry: ProgramEntry = {
  form: 'pointwise',
  summary: 'each passage alone, ordered by score',
  numbers: 0,
  create: () => pointwise,
};
