import { dot } from '../../core/vectors.js';
import { type BatchList, type BatchLoss, orderOf } from './loss.js';
import { softmax } from './softmax.js';
import { symmetricEigen } from './symmetric-eigen.js';

export interface WassersteinOptions {
  /** Of the student's softmax. @default 1 */
  readonly temperature?: number;
}

/**
 * SyCL's distance: the batch's lists are draws from one Gaussian for the student and one for the labels, over the places of a list.
 * L = ‖μ_X − μ_Y‖² + Tr(C_X + C_Y − 2 (C_X C_Y)^½), a row of X = softmax(s / T) and of Y = softmax(t), items by label, best first
 * The trace of the root is the nuclear norm of X_c Y_cᵀ / (b − 1), centred: its gradient is U Vᵀ of the singular vectors. One list
 * alone has no covariance: ‖softmax(s) − softmax(t)‖². Shorter lists are padded by items of share 0, which learn nothing.
 * Blind to pairing: lists may swap their predictions and L stays the same, so it is never trained with alone.
 * @param lists of a batch: s scores, t grades or teacher logits
 * @see Esfandiarpoor et al. 2025, arXiv:2503.23239; Mathiasen & Hvilshøj 2020, arXiv:2009.14075 (the root's trace)
 */
export function wasserstein(
  lists: readonly BatchList[],
  { temperature = 1 }: WassersteinOptions = {},
): BatchLoss {
  const b = lists.length;
  const width = Math.max(0, ...lists.map(({ s }) => s.length));
  if (b === 0 || width === 0) return { value: 0, grads: lists.map(({ s }) => new Float64Array(s.length)) };
  const orders = lists.map(({ t }) => orderOf(t));
  const rows = (of: (list: BatchList) => Float64Array): Float64Array[] =>
    lists.map((list, i) => {
      const shares = of(list);
      const row = new Float64Array(width);
      orders[i]!.forEach((item, place) => {
        row[place] = shares[item]!;
      });
      return row;
    });
  const predicted = rows(({ s }) => softmax(s, temperature));
  const x = centre(predicted);
  const y = centre(rows(({ t }) => softmax(t)));
  const factor = b < 2 ? 1 : 1 / (b - 1);

  const root = nuclear(x.centred, y.centred, b);
  const apart = x.mean.map((one, place) => one - y.mean[place]!);
  let value = dot(apart, apart) - 2 * factor * root.norm;
  for (const rowsOf of [x.centred, y.centred]) for (const row of rowsOf) value += factor * dot(row, row);

  const grads = lists.map(({ s }, i) => {
    const upstream = new Float64Array(width);
    for (let place = 0; place < width; place++) {
      // The centring's own gradient vanishes: rows of U Vᵀ Y_c and of X_c sum to 0 over the batch.
      let toward = 0;
      for (let j = 0; j < b; j++) toward += root.gradient[i * b + j]! * y.centred[j]![place]!;
      upstream[place] = (2 * apart[place]!) / b + 2 * factor * (x.centred[i]![place]! - toward);
    }
    const row = predicted[i]!;
    const mean = dot(row, upstream);
    const grad = new Float64Array(s.length);
    orders[i]!.forEach((item, place) => {
      grad[item] = (row[place]! * (upstream[place]! - mean)) / temperature;
    });
    return grad;
  });
  return { value: Math.max(0, value), grads };
}

function centre(rows: readonly Float64Array[]): {
  readonly mean: Float64Array;
  readonly centred: Float64Array[];
} {
  const mean = new Float64Array(rows[0]!.length);
  for (const row of rows) for (let k = 0; k < mean.length; k++) mean[k]! += row[k]! / rows.length;
  return { mean, centred: rows.map((row) => row.map((value, k) => value - mean[k]!)) };
}

/** The nuclear norm of A = X Yᵀ (b × b), and its gradient U Vᵀ over the singular values that are not 0. */
function nuclear(
  x: readonly Float64Array[],
  y: readonly Float64Array[],
  b: number,
): { readonly norm: number; readonly gradient: Float64Array } {
  const a = new Float64Array(b * b);
  for (let i = 0; i < b; i++) for (let j = 0; j < b; j++) a[i * b + j] = dot(x[i]!, y[j]!);
  const square = new Float64Array(b * b);
  for (let i = 0; i < b; i++)
    for (let j = 0; j < b; j++)
      square[i * b + j] = dot(a.subarray(i * b, i * b + b), a.subarray(j * b, j * b + b));
  const { values, vectors } = symmetricEigen(square, b);
  const largest = Math.max(...values, 0);
  const gradient = new Float64Array(b * b);
  let norm = 0;
  values.forEach((eigenvalue, k) => {
    // Squaring halves the digits: what is under this share of the largest is rounding.
    if (eigenvalue <= 1e-14 * largest || eigenvalue <= 0) return;
    const singular = Math.sqrt(eigenvalue);
    norm += singular;
    for (let j = 0; j < b; j++) {
      let right = 0;
      for (let i = 0; i < b; i++) right += vectors[i * b + k]! * a[i * b + j]!;
      for (let i = 0; i < b; i++) gradient[i * b + j]! += (vectors[i * b + k]! * right) / singular;
    }
  });
  return { norm, gradient };
}
