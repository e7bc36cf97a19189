import { type Random, shuffle } from './random.js';

/** Sets of indexes from 0 to `length`, of about equal size: each index is in one of them. */
export function makeFolds(length: number, count: number, random: Random): ReadonlySet<number>[] {
  const order = shuffle([...Array(length).keys()], random);
  return Array.from({ length: count }, (_, fold) => new Set(order.filter((_, i) => i % count === fold)));
}
