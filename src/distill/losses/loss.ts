/** A loss over one query's candidates. */
export interface Loss {
  /** 0 or more where the formula allows it; lower is better. */
  readonly value: number;
  /** dL/ds, aligned with the student's scores. */
  readonly grad: Float64Array;
}

/** A loss of student scores `s` against labels `t` (teacher scores or grades), both of one query and of equal length. */
export type LossFunction = (s: Float64Array, t: Float64Array) => Loss;

/** Indexes by value, highest first; ties keep their order. */
export function orderOf(values: Float64Array): Int32Array {
  const order = new Int32Array(values.length);
  for (let i = 0; i < order.length; i++) order[i] = i;
  return order.sort((a, b) => values[b]! - values[a]! || a - b);
}
