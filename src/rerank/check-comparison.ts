import { RankforgeError } from '../core/errors.js';
import type { Comparison } from './comparator.js';
import type { Group, Outcome } from './program.js';

/**
 * A comparison as the outcome of its group.
 * @throws RankforgeError `unparsed-ranking` for an order that is no permutation of the group, or scores that do not fit it
 */
export function toOutcome(group: Group, { order, scores }: Pick<Comparison, 'order' | 'scores'>): Outcome {
  const seen = new Set(order);
  const isPermutation =
    order.length === group.length &&
    seen.size === group.length &&
    order.every((position) => Number.isInteger(position) && position >= 0 && position < group.length);
  if (!isPermutation) {
    throw new RankforgeError(
      'unparsed-ranking',
      `The comparator returned no permutation of ${group.length} passages`,
      {
        where: JSON.stringify(order.slice(0, 50)),
        hint: 'A comparison orders each passage once: correct the comparator.',
      },
    );
  }
  if (scores && (scores.length !== group.length || scores.some((score) => Number.isNaN(score)))) {
    throw new RankforgeError(
      'unparsed-ranking',
      `The comparator returned no score for each of ${group.length} passages`,
      {
        hint: 'Give one number a passage, or leave scores out.',
      },
    );
  }
  const items = order.map((position) => group[position]!);
  return scores ? { order: items, scores } : { order: items };
}
