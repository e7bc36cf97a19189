import { RankforgeError } from '../../core/errors.js';
import type { Warning } from '../../core/warning.js';
import type { NextTokenReply } from '../../models/language-model.js';

/**
 * ln P(first) − ln P(second). One that the model did not show counts with all the probability that it did not show: a
 * bound, and a warning.
 * @param answers their names, for messages
 * @param id what was asked about
 * @throws RankforgeError `bad-reply` where it showed neither
 */
export function logOdds(
  { logProbabilities, mass, usage }: NextTokenReply,
  answers: readonly [string, string],
  id: string,
): { readonly score: number; readonly bound: readonly Warning[] } {
  const [first, second] = logProbabilities;
  if (first == null && second == null) {
    throw new RankforgeError(
      'bad-reply',
      `The model showed neither ${answers.join(' nor ')} among its top tokens`,
      {
        where: id,
        hint: 'Use a server that shows more of its top log-probabilities, or the comparator "generate".',
        usage,
      },
    );
  }
  if (first != null && second != null) return { score: first - second, bound: [] };
  const rest = Math.log(Math.max(1 - mass, 1e-6));
  const unseen = first == null ? answers[0] : answers[1];
  const message = `${unseen} was not among the model's top tokens and counts with all the probability not shown, ${(1 - mass).toPrecision(3)}`;
  return { score: (first ?? rest) - (second ?? rest), bound: [{ code: 'unseen-labels', message, id }] };
}
