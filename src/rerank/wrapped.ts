import type { Comparator } from './comparator.js';

/**
 * What a comparator around another keeps of it; disposing the one disposes the other. Named one by one, since a spread
 * leaves behind what an instance has of its class.
 */
export function wrapped(comparator: Comparator): Omit<Comparator, 'compare'> {
  const { name, absolute, maxGroup, calibratedDepth, provenance } = comparator;
  return {
    name,
    absolute,
    maxGroup,
    calibratedDepth,
    provenance,
    cost: (query, passages) => comparator.cost(query, passages),
    sharedCosts: (query, passages) => comparator.sharedCosts?.(query, passages) ?? [],
    [Symbol.asyncDispose]: () => comparator[Symbol.asyncDispose](),
  };
}
