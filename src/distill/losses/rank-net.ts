import { sigmoid, softplus } from '../../core/logistic.js';
import type { Loss, LossContext } from './loss.js';

/**
 * Logistic loss of every pair that the labels order, whatever the size of the difference.
 * L = 1/m Σ_{t_i > t_j} ln(1 + e^−(s_i − s_j)), m ordered pairs;  dL/ds_i −= σ(s_j − s_i) / m, dL/ds_j += the same
 * @param s student scores  @param t teacher scores or grades; equal ones make no pair
 * @see Burges et al. 2005, doi:10.1145/1102351.1102363
 */
export function rankNet(s: Float64Array, t: Float64Array, { weights, presence }: LossContext = {}): Loss {
  return pairwiseLogistic(s, t, (i, j) => (weights?.[i] ?? 1) * (presence?.[j] ?? 1));
}

/** RankNet with a weight a pair (`i` the better one), divided by the sum of the weights. */
export const pairwiseLogistic = (
  s: Float64Array,
  t: Float64Array,
  weightOf: (i: number, j: number) => number,
): Loss => pairwise(s, t, weightOf, softplus, sigmoid);

/**
 * Mean over all pairs that the labels order of a function of how far the worse one leads, x = s_j − s_i.
 * @param weightOf weight of a pair, `i` the better one  @param cost of x, for the pair  @param slope its derivative
 */
export function pairwise(
  s: Float64Array,
  t: Float64Array,
  weightOf: (i: number, j: number) => number,
  cost: (x: number, i: number, j: number) => number,
  slope: (x: number, i: number, j: number) => number,
): Loss {
  const grad = new Float64Array(s.length);
  let value = 0;
  let total = 0;
  for (let i = 0; i < s.length; i++) {
    for (let j = 0; j < s.length; j++) {
      if (!(t[i]! > t[j]!)) continue;
      const weight = weightOf(i, j);
      const lead = s[j]! - s[i]!;
      total += weight;
      value += weight * cost(lead, i, j);
      const push = weight * slope(lead, i, j);
      grad[i]! -= push;
      grad[j]! += push;
    }
  }
  if (total <= 0) return { value: 0, grad };
  return { value: value / total, grad: grad.map((one) => one / total) };
}
