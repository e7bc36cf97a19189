import { sigmoid, softplus } from '../../core/logistic.js';
import type { Loss } from './loss.js';

/**
 * Logistic loss of every pair that the labels order, whatever the size of the difference.
 * L = 1/m Σ_{t_i > t_j} ln(1 + e^−(s_i − s_j)), m ordered pairs;  dL/ds_i −= σ(s_j − s_i) / m, dL/ds_j += the same
 * @param s student scores  @param t teacher scores or grades; equal ones make no pair
 * @see Burges et al. 2005, doi:10.1145/1102351.1102363
 */
export function rankNet(s: Float64Array, t: Float64Array): Loss {
  return pairwiseLogistic(s, t, () => 1);
}

/** RankNet with a weight a pair (`i` the better one), divided by the sum of the weights. */
export function pairwiseLogistic(
  s: Float64Array,
  t: Float64Array,
  weightOf: (i: number, j: number) => number,
): Loss {
  const grad = new Float64Array(s.length);
  let value = 0;
  let total = 0;
  for (let i = 0; i < s.length; i++) {
    for (let j = 0; j < s.length; j++) {
      if (!(t[i]! > t[j]!)) continue;
      const weight = weightOf(i, j);
      total += weight;
      value += weight * softplus(s[j]! - s[i]!);
      const push = weight * sigmoid(s[j]! - s[i]!);
      grad[i]! -= push;
      grad[j]! += push;
    }
  }
  if (total === 0) return { value: 0, grad };
  return { value: value / total, grad: grad.map((one) => one / total) };
}
