import { RankforgeError } from '../../core/errors.js';
import { orderByScore } from '../../core/vectors.js';
import type { FinalOrder, Group } from '../program.js';

/** Items 0 … n − 1, in first-stage order. */
export const allItems = (n: number): number[] => Array.from({ length: n }, (_, item) => item);

/** Consecutive items, so many a group; the last group may be smaller. */
export function chunk(items: readonly number[], size: number): number[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

/** Items dealt out like cards, so that every group holds some of each part of the list. Sizes differ by one at most. */
export function deal(items: readonly number[], groups: number): number[][] {
  const dealt: number[][] = Array.from({ length: Math.min(groups, items.length) }, () => []);
  for (const [position, item] of items.entries()) dealt[position % groups]!.push(item);
  return dealt;
}

/** How many groups of two items and more it takes to deal so many items into groups of `size` at most. */
export const countDealt = (items: number, size: number): number =>
  Math.min(Math.ceil(items / size), Math.floor(items / 2));

/** A group as it is shown: in first-stage order, so that what ties keeps it. */
export const inOrder = (items: Iterable<number>): Group => [...items].sort((a, b) => a - b);

/** Items by score, ties in first-stage order; one without a score keeps its first-stage rank. */
export function byScore(scores: readonly (number | undefined)[]): FinalOrder {
  const scored = allItems(scores.length).filter((item) => scores[item] !== undefined);
  const order = orderByScore(scored.map((item) => scores[item]!)).map((position) => scored[position]!);
  for (const [item, score] of scores.entries()) if (score === undefined) order.splice(item, 0, item);
  return scored.length === scores.length ? { order, scores: scores as number[] } : { order };
}

/** @throws RankforgeError `usage` unless the value is a whole number from `least` to `most` */
export function checkNumber(
  value: number,
  name: string,
  { least, most = Number.POSITIVE_INFINITY }: { least: number; most?: number },
): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new RankforgeError('usage', `${name} is ${value}`, {
    hint: `Give a whole number from ${least}${Number.isFinite(most) ? ` to ${most}` : ''}.`,
  });
}
