import { type Loss, type LossContext, orderOf } from './loss.js';
import { pairwiseLogistic } from './rank-net.js';

/**
 * FIRST's weighted RankNet: pairs near the top of the teacher's order count more.
 * L = 1/W Σ_{t_i > t_j} 1/(r_i + r_j) ln(1 + e^−(s_i − s_j)), r the teacher's rank from 1, W the sum of the weights
 * Ranks are those of one list, so a batch's loss is the mean over its lists, each with its own ranks: the authors' code numbers
 * the lists of a batch on. The paper sums and its code divides by the number of pairs, which makes the loss of a long list small.
 * @param s student scores  @param t teacher scores; equal ones make no pair, and their ranks keep the order of the list
 * @see Reddy et al. 2024, arXiv:2406.15657
 */
export function firstRankNet(
  s: Float64Array,
  t: Float64Array,
  { weights, presence }: LossContext = {},
): Loss {
  const rank = new Float64Array(t.length);
  orderOf(t).forEach((item, position) => {
    rank[item] = position + 1;
  });
  return pairwiseLogistic(
    s,
    t,
    (i, j) => ((weights?.[i] ?? 1) * (presence?.[j] ?? 1)) / (rank[i]! + rank[j]!),
  );
}
