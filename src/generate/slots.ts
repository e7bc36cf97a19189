import { randomStream, shuffle } from '../core/random.js';
import { defaultTypes, type QueryTypeName, rotateTypes, type TypeShares } from './queries/query-types.js';

/** A place in the set: what its example must be, and whether there is one. */
export interface Slot {
  readonly type: QueryTypeName;
  /** Whether passages are written for it. */
  readonly graded: boolean;
  accepted: boolean;
}

/** Accepted and wanted, by query type. */
export type TypeCounts = Readonly<
  Partial<Record<QueryTypeName, { readonly accepted: number; readonly wanted: number }>>
>;

/** The slots of a set: types in turn by their shares, written passages for a share of them. */
export function planSlots({
  count,
  seed,
  types = defaultTypes,
  gradedShare,
}: {
  readonly count: number;
  readonly seed: number;
  readonly types?: TypeShares;
  readonly gradedShare: number;
}): Slot[] {
  const rotation = rotateTypes(types);
  // Drawn, so that written passages are not tied to a type by its place in the rotation.
  const drawn = shuffle([...Array(count).keys()], randomStream(seed, 'graded-slots'));
  const graded = new Set(drawn.slice(0, Math.round(gradedShare * count)));
  return Array.from({ length: count }, (_, index) => ({
    type: rotation.next().value,
    graded: graded.has(index),
    accepted: false,
  }));
}

export function countTypes(slots: readonly Slot[]): TypeCounts {
  const types: Partial<Record<QueryTypeName, { accepted: number; wanted: number }>> = {};
  for (const { type, accepted } of slots) {
    types[type] ??= { accepted: 0, wanted: 0 };
    types[type].wanted += 1;
    if (accepted) types[type].accepted += 1;
  }
  return types;
}
