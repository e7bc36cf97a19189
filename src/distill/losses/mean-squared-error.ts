import type { Loss } from './loss.js';

/**
 * The student copies the teacher's values.
 * L = 1/n Σ_i (s_i − t_i)²;  dL/ds_i = 2 (s_i − t_i) / n
 * @param s student scores  @param t teacher scores on the scale that the student shall have
 */
export function meanSquaredError(s: Float64Array, t: Float64Array): Loss {
  const n = Math.max(1, s.length);
  const grad = s.map((value, i) => (2 * (value - t[i]!)) / n);
  return { value: s.reduce((sum, value, i) => sum + (value - t[i]!) ** 2, 0) / n, grad };
}
