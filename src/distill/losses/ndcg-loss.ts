import { sigmoid, softplus } from '../../core/logistic.js';
import type { Loss, LossContext } from './loss.js';
import { discount, exponentialGain, idealDcg, ranksOf } from './ndcg.js';

export interface NdcgLossOptions extends LossContext {
  /** What an item is worth. @default 2^label − 1 */
  readonly gain?: (label: number) => number;
  /** μ: the share of NDCG-Loss2 beside LambdaRank's. @default 10 */
  readonly mu?: number;
  /** Both items of a pair must be within these ranks of the student's order. @default all */
  readonly cutoff?: number;
}

/**
 * NDCG-Loss2++ of the LambdaLoss framework: LambdaRank's weights plus those of a bound on nDCG that is tighter.
 * L = Σ_{t_i > t_j} (ρ_ij + μ δ_ij) |G_i − G_j| ln(1 + e^−(s_i − s_j)), G the gain over the ideal DCG,
 * ρ_ij = |1/D(r_i) − 1/D(r_j)|, δ_ij = |1/D(|r_i − r_j|) − 1/D(|r_i − r_j| + 1)|, D(r) = log2(1 + r), r the student's rank
 * Weights are held fixed, so the gradient is that of their sum: an expectation step and a gradient step by turns.
 * @param s student scores  @param t grades; equal ones make no pair. A list without gains has loss 0
 * @see Wang et al. 2018, CIKM, doi:10.1145/3269206.3271784
 */
export function ndcgLoss2pp(s: Float64Array, t: Float64Array, options: NdcgLossOptions = {}): Loss {
  const { gain = exponentialGain, mu = 10, cutoff = Number.POSITIVE_INFINITY } = options;
  const gains = t.map(gain);
  const ideal = idealDcg(gains, cutoff);
  if (ideal <= 0) return { value: 0, grad: new Float64Array(s.length) };
  return weightedPairs(s, t, cutoff, (i, j, ri, rj) => {
    const apart = Math.abs(ri - rj);
    const rho = Math.abs(discount(ri) - discount(rj));
    const delta = discount(apart) - discount(apart + 1);
    return ((rho + mu * delta) * Math.abs(gains[i]! - gains[j]!)) / ideal;
  });
}

/** NDCG-Loss2: the bound alone, δ without ρ. @see ndcgLoss2pp */
export function ndcgLoss2(s: Float64Array, t: Float64Array, options: NdcgLossOptions = {}): Loss {
  const { gain = exponentialGain, cutoff = Number.POSITIVE_INFINITY } = options;
  const gains = t.map(gain);
  const ideal = idealDcg(gains, cutoff);
  if (ideal <= 0) return { value: 0, grad: new Float64Array(s.length) };
  return weightedPairs(s, t, cutoff, (i, j, ri, rj) => {
    const apart = Math.abs(ri - rj);
    return ((discount(apart) - discount(apart + 1)) * Math.abs(gains[i]! - gains[j]!)) / ideal;
  });
}

/** Σ over pairs that the labels order of w ln(1 + e^−(s_i − s_j)), w from the student's ranks and held fixed. */
export function weightedPairs(
  s: Float64Array,
  t: Float64Array,
  cutoff: number,
  weightOf: (i: number, j: number, rankI: number, rankJ: number) => number,
): Loss {
  const ranks = ranksOf(s);
  const grad = new Float64Array(s.length);
  let value = 0;
  for (let i = 0; i < s.length; i++) {
    if (ranks[i]! > cutoff) continue;
    for (let j = 0; j < s.length; j++) {
      if (!(t[i]! > t[j]!) || ranks[j]! > cutoff) continue;
      const weight = weightOf(i, j, ranks[i]!, ranks[j]!);
      const lead = s[j]! - s[i]!;
      value += weight * softplus(lead);
      const push = weight * sigmoid(lead);
      grad[i]! -= push;
      grad[j]! += push;
    }
  }
  return { value, grad };
}
