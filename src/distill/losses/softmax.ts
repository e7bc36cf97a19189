import { logSumExp } from '../../core/vectors.js';

/** ln softmax(x / temperature). */
export function logSoftmax(x: Float64Array, temperature = 1): Float64Array {
  const scaled = x.map((value) => value / temperature);
  const total = logSumExp(scaled);
  return scaled.map((value) => value - total);
}

/** softmax(x / temperature): shares that sum to 1. */
export const softmax = (x: Float64Array, temperature = 1): Float64Array =>
  logSoftmax(x, temperature).map(Math.exp);

/** ln(e^a + e^b), without overflow; -Infinity stands for a sum of nothing. */
export function logAddExp(a: number, b: number): number {
  const [low, high] = a < b ? [a, b] : [b, a];
  return low === Number.NEGATIVE_INFINITY ? high : high + Math.log1p(Math.exp(low - high));
}
