import type { Candidate } from '../core/candidates.js';
import type { RankedItem } from '../core/ranking.js';
import type { FinalOrder } from './program.js';

/**
 * Candidates in a program's final order, and those below its depth as they came. Scores are the comparator's where they
 * agree with the order, else they only say it; below they go on falling by 1.
 */
export function rankedItems(
  items: readonly Candidate[],
  { order, scores }: FinalOrder,
  probabilities: ReadonlyMap<number, number>,
): RankedItem[] {
  const below = items.slice(order.length).map((_, index) => order.length + index);
  const known = scores && fallsWith(order, scores) ? scores : undefined;
  const lowest = known && order.length > 0 ? known[order.at(-1)!]! : items.length - order.length + 1;
  return [...order, ...below].map((item, index) => ({
    id: items[item]!.passage.id,
    rank: index + 1,
    score:
      index >= order.length
        ? lowest - (index - order.length + 1)
        : known
          ? known[item]!
          : items.length - index,
    ...(probabilities.has(item) ? { probability: probabilities.get(item)! } : {}),
  }));
}

/** Whether the scores are finite and agree with the order. */
const fallsWith = (order: readonly number[], scores: readonly number[]): boolean =>
  order.every(
    (item, index) =>
      Number.isFinite(scores[item]) && (index === 0 || scores[order[index - 1]!]! >= scores[item]!),
  );
