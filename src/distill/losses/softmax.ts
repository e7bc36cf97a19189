import { logSumExp } from '../../core/vectors.js';

/** ln softmax(x / temperature). */
export function logSoftmax(x: Float64Array, temperature = 1): Float64Array {
  const scaled = x.map((value) => value / temperature);
  const total = logSumExp(scaled);
  return scaled.map((value) => value - total);
}
