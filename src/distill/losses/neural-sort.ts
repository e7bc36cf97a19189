import { softmax } from './softmax.js';

/** A soft permutation: row r holds, item by item, how much rank r + 1 is that item's. Row by row, n × n; rows sum to 1. */
export type SoftPermutation = Float64Array;

/**
 * NeuralSort: the softmax, row by row, of what would be largest at the item of that rank.
 * P_r = softmax(((n + 1 − 2r) s_j − Σ_k |s_j − s_k|) / τ), r from 1
 * @see Grover et al. 2019, ICLR, arXiv:1903.08850
 */
export function neuralSort(s: Float64Array, temperature: number): SoftPermutation {
  const n = s.length;
  const spread = spreads(s);
  const matrix = new Float64Array(n * n);
  for (let r = 0; r < n; r++) {
    matrix.set(
      softmax(
        s.map((score, j) => (n - 1 - 2 * r) * score - spread[j]!),
        temperature,
      ),
      r * n,
    );
  }
  return matrix;
}

/** dL/ds from dL/dP. */
export function neuralSortBackward(
  s: Float64Array,
  temperature: number,
  matrix: SoftPermutation,
  upstream: Float64Array,
): Float64Array {
  const n = s.length;
  const grad = new Float64Array(n);
  const ofSpread = new Float64Array(n);
  for (let r = 0; r < n; r++) {
    let mean = 0;
    for (let j = 0; j < n; j++) mean += matrix[r * n + j]! * upstream[r * n + j]!;
    for (let j = 0; j < n; j++) {
      const logit = (matrix[r * n + j]! * (upstream[r * n + j]! - mean)) / temperature;
      grad[j]! += (n - 1 - 2 * r) * logit;
      ofSpread[j]! -= logit;
    }
  }
  for (let j = 0; j < n; j++) {
    for (let k = 0; k < n; k++) {
      const push = Math.sign(s[j]! - s[k]!) * ofSpread[j]!;
      grad[j]! += push;
      grad[k]! -= push;
    }
  }
  return grad;
}

/** Σ_k |s_j − s_k| of each item. */
const spreads = (s: Float64Array): Float64Array =>
  s.map((score) => s.reduce((sum, other) => sum + Math.abs(score - other), 0));
