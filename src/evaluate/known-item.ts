import type { Qrels, Run } from '../core/run.js';

/** By query id, the passage it was written from. */
export type KnownItems = ReadonlyMap<string, string>;

/** Known items as judgements: the source passage has grade 1 and nothing else is judged, so every measure applies. */
export function knownItemQrels(known: KnownItems): Qrels {
  return new Map([...known].map(([queryId, passageId]) => [queryId, new Map([[passageId, 1]])]));
}

/**
 * One over the rank of each query's source passage, 0 where it is not ranked. The mean tells how well a teacher finds
 * what a query was written from; under the model that wrote the queries it flatters.
 * @returns one value a query, in the order of `known`
 */
export function knownItemReciprocalRanks(known: KnownItems, run: Run): number[] {
  return [...known].map(([queryId, passageId]) => {
    const index = (run.get(queryId) ?? []).findIndex(({ id }) => id === passageId);
    return index < 0 ? 0 : 1 / (index + 1);
  });
}
