import type { TokenRow } from '../neural/bert/token-rows.js';

/** What is left out. */
export interface MarkOptions {
  /** Tokens that match nothing: [CLS], [SEP], [UNK]. */
  readonly unmarked: ReadonlySet<number>;
}

/**
 * Marks exact matches: tokens of the query that stand in the passage get type 2, and those of the passage that stand in the query
 * type 3. A network from scratch learns from few queries what a match is worth, and could not learn that words are equal.
 * @param row as `joinPair` gives it, types 0 and 1
 * @see Boualili et al. 2020, "MarkedBERT", doi:10.1145/3397271.3401194
 */
export function markMatches({ ids, types }: TokenRow, { unmarked }: MarkOptions): TokenRow {
  const sides = [new Set<number>(), new Set<number>()] as const;
  for (const [i, id] of ids.entries()) if (!unmarked.has(id)) sides[types[i]! as 0 | 1].add(id);
  return {
    ids,
    types: types.map((type, i) => (sides[1 - type]!.has(ids[i]!) ? type + 2 : type)),
  };
}
