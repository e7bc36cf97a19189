import { randomStream, shuffle } from '../core/random.js';
import {
  defaultTypes,
  type QueryTypeName,
  queryType,
  rotateTypes,
  type TypeShares,
} from './queries/query-types.js';

/** A place in the set: what its query must be, and whether there is one. */
export interface Slot {
  readonly type: QueryTypeName;
  /** Examples that its query makes: 2 for one with a twin. */
  readonly examples: number;
  /** Whether graded passages are written for it. */
  readonly graded: boolean;
  /** Whether its source is edited. */
  readonly edited: boolean;
  accepted: boolean;
}

/** Examples accepted and wanted, by query type. */
export type TypeCounts = Readonly<
  Partial<Record<QueryTypeName, { readonly accepted: number; readonly wanted: number }>>
>;

export interface SlotPlan {
  /** Examples. */
  readonly count: number;
  readonly seed: number;
  readonly types?: TypeShares;
  readonly gradedShare: number;
  readonly editedShare?: number;
}

/**
 * The slots of a set: types in turn by their shares, written and edited passages for a share of the examples, as far as there are sources that answer. Two examples of a
 * type whose queries come with a twin share a slot; of an odd one left over the twin is not used.
 */
export function planSlots({
  count,
  seed,
  types = defaultTypes,
  gradedShare,
  editedShare = 0,
}: SlotPlan): Slot[] {
  const rotation = rotateTypes(types);
  const slots: Pick<Slot, 'type' | 'examples'>[] = [];
  const open = new Map<QueryTypeName, number>();
  for (let index = 0; index < count; index++) {
    const type = rotation.next().value;
    const partner = open.get(type);
    if (partner !== undefined) {
      open.delete(type);
      slots[partner] = { ...slots[partner]!, examples: 2 };
      continue;
    }
    if (queryType(type).examples === 2) open.set(type, slots.length);
    slots.push({ type, examples: 1 });
  }
  const drawn = (share: number, name: string): ReadonlySet<number> => {
    // Written passages and edits are made from a source that answers. Drawn, so that they are not tied to a type by its place in the rotation.
    const withSource = [...slots.keys()].filter((at) => queryType(slots[at]!.type).grades !== 'none');
    return new Set(shuffle(withSource, randomStream(seed, name)).slice(0, Math.round(share * count)));
  };
  const graded = drawn(gradedShare, 'graded-slots');
  const edited = drawn(editedShare, 'edited-slots');
  return slots.map((slot, at) => ({
    ...slot,
    graded: graded.has(at),
    edited: edited.has(at),
    accepted: false,
  }));
}

export function countTypes(slots: readonly Slot[]): TypeCounts {
  const types: Partial<Record<QueryTypeName, { accepted: number; wanted: number }>> = {};
  for (const { type, examples, accepted } of slots) {
    types[type] ??= { accepted: 0, wanted: 0 };
    types[type].wanted += examples;
    if (accepted) types[type].accepted += examples;
  }
  return types;
}
