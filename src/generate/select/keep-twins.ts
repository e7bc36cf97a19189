import type { Example } from '../../core/example.js';
import { typeOf } from './example-groups.js';

export interface KeptTwins {
  /** As many as were picked. */
  readonly indexes: readonly number[];
  /** Picks that were given up for another, so that no pair is parted. */
  readonly moved: number;
  /** A pair that had to be parted: an odd number is wanted, and there is nothing but pairs. */
  readonly parted: boolean;
}

/**
 * A selection in which a query and its reversed twin come together or not at all: apart, they teach that an instruction changes
 * nothing. Of the pairs that were picked half, those picked first are made whole, each with the place of one that was picked last;
 * where one is left over, a single example makes room for it or comes in its place: the last picked of a type that keeps others, so
 * that no type is lost where that can be.
 * @param picked indexes of the examples, in the order in which they were picked
 */
export function keepTwins(picked: readonly number[], examples: readonly Example[]): KeptTwins {
  const twinOf = pairsOf(examples);
  const kept = new Set(picked);
  const halves = picked.filter((index) => twinOf.has(index) && !kept.has(twinOf.get(index)!));
  let moved = 0;
  const swap = (out: number, into: number): void => {
    kept.delete(out);
    kept.add(into);
    moved += 1;
  };
  while (halves.length > 1) swap(halves.pop()!, twinOf.get(halves.shift()!)!);
  const [left] = halves;
  if (left === undefined) return { indexes: [...kept], moved, parted: false };
  const singles = picked.filter((index) => !twinOf.has(index));
  const types = singles.map((index) => typeOf(examples[index]!));
  const lastSingle = singles.findLast((_, at) => types.indexOf(types[at]) < at) ?? singles.at(-1);
  const freeSingle = examples.findIndex((_, index) => !twinOf.has(index) && !kept.has(index));
  if (lastSingle !== undefined) swap(lastSingle, twinOf.get(left)!);
  else if (freeSingle >= 0) swap(left, freeSingle);
  else return { indexes: [...kept], moved, parted: true };
  return { indexes: [...kept], moved, parted: false };
}

/** The examples of a set, none of which names a twin that the set does not hold. */
export function forgetLostTwins(examples: readonly Example[]): Example[] {
  const ids = new Set(examples.map(({ query }) => query.id));
  return examples.map((example) => {
    const { twin, ...metadata } = example.query.metadata ?? {};
    if (twin === undefined || ids.has(String(twin))) return example;
    return { ...example, query: { ...example.query, metadata } };
  });
}

/** By index: that of the twin, both ways, where both are there. */
function pairsOf(examples: readonly Example[]): ReadonlyMap<number, number> {
  const byId = new Map(examples.map(({ query }, index) => [query.id, index]));
  const pairs = new Map<number, number>();
  for (const [index, { query }] of examples.entries()) {
    const twin = byId.get(String(query.metadata?.twin));
    if (twin === undefined || twin === index || pairs.has(index) || pairs.has(twin)) continue;
    pairs.set(index, twin);
    pairs.set(twin, index);
  }
  return pairs;
}
