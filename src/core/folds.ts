import { type Random, shuffle } from './random.js';

/** Sets of indexes from 0 to `length`, of about equal size: each index is in one of them. */
export function makeFolds(length: number, count: number, random: Random): ReadonlySet<number>[] {
  const order = shuffle([...Array(length).keys()], random);
  return Array.from({ length: count }, (_, fold) => new Set(order.filter((_, i) => i % count === fold)));
}

/**
 * Folds of things that belong together in groups: all of a group are in one fold, and folds have about as many groups.
 * @param groups the group of each index, by any name
 */
export function makeGroupFolds(
  groups: readonly string[],
  count: number,
  random: Random,
): ReadonlySet<number>[] {
  const names = [...new Set(groups)];
  const foldOf = new Map<string, number>();
  for (const [fold, members] of makeFolds(names.length, count, random).entries())
    for (const index of members) foldOf.set(names[index]!, fold);
  return Array.from(
    { length: count },
    (_, fold) => new Set([...groups.keys()].filter((i) => foldOf.get(groups[i]!) === fold)),
  );
}
