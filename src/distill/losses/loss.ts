import type { Random } from '../../core/random.js';

/** A loss over one query's candidates. */
export interface Loss {
  /** 0 or more where the formula allows it; lower is better. */
  readonly value: number;
  /** dL/ds, aligned with the student's scores. */
  readonly grad: Float64Array;
}

/** What a loss may be told of a list beyond scores and labels. */
export interface LossContext {
  /**
   * How much each item counts, 0 or more: its own error, the pairs in which it is the better one, the choices that it
   * wins. Losses that are no sum over items leave them aside (`lossFacts` says which). @default 1 each
   */
  readonly weights?: Float64Array;
  /**
   * How far each item counts against better ones, 0 to 1: below 1 where a negative may be false, 0 leaves it out. Of the losses
   * that heed weights. @default 1 each
   */
  readonly presence?: Float64Array;
  /** What sampled losses draw from. @default the stream "loss" of seed 0, so the same draws at every call */
  readonly random?: Random;
}

/** A loss of student scores `s` against labels `t` (teacher scores or grades), both of one query and of equal length. */
export type LossFunction = (s: Float64Array, t: Float64Array, context?: LossContext) => Loss;

/** One query's candidates among those of a batch. */
export interface BatchList extends LossContext {
  readonly s: Float64Array;
  readonly t: Float64Array;
}

/** A loss over several queries' candidates. */
export interface BatchLoss {
  readonly value: number;
  /** dL/ds of each list, aligned with the lists. */
  readonly grads: readonly Float64Array[];
}

/** A loss that compares scores across queries, or distributions of them: no mean over lists says the same. */
export type BatchLossFunction = (lists: readonly BatchList[]) => BatchLoss;

/** What each item's own error counts, and their sum: its weight times its presence. */
export function itemWeights(
  n: number,
  { weights, presence }: LossContext,
): { readonly each: Float64Array; readonly total: number } {
  const each = Float64Array.from({ length: n }, (_, i) => (weights?.[i] ?? 1) * (presence?.[i] ?? 1));
  return { each, total: each.reduce((sum, one) => sum + one, 0) };
}

// Up to here insertion is faster than a sort that calls back to compare: three times at 20 items.
const shortList = 64;

/** Indexes by value, highest first; ties keep their order. */
export function orderOf(values: Float64Array): Int32Array {
  const order = new Int32Array(values.length);
  if (values.length > shortList) {
    for (let i = 0; i < order.length; i++) order[i] = i;
    return order.sort((a, b) => values[b]! - values[a]! || a - b);
  }
  for (let i = 0; i < order.length; i++) {
    const value = values[i]!;
    let at = i;
    for (; at > 0 && values[order[at - 1]!]! < value; at--) order[at] = order[at - 1]!;
    order[at] = i;
  }
  return order;
}
