import type { Loss, LossContext } from './loss.js';
import { exponentialGain } from './ndcg.js';
import { weightedPairs } from './ndcg-loss.js';

export interface LipoOptions extends LossContext {
  /** Scores that the student starts from: only what it adds to them is ranked. @default zeros */
  readonly reference?: Float64Array;
  /** Scale of the student's scores. @default 1 */
  readonly beta?: number;
  /** What an item is worth. @default 2^label − 1 */
  readonly gain?: (label: number) => number;
}

/**
 * LiPO-λ: LambdaLoss on what the student adds to a reference.
 * L = Σ_{t_i > t_j} |G_i − G_j| |1/ln(1 + r_i) − 1/ln(1 + r_j)| ln(1 + e^−(h_i − h_j)), h = β (s − reference), r ranks by h
 * As LambdaRank, but neither divided by the ideal DCG (a list without much to gain counts less) nor cut off.
 * @param s student scores  @param t labels, in the paper 0 to 1; equal ones make no pair
 * @see Liu et al. 2024, arXiv:2402.01878
 */
export function lipoLambda(
  s: Float64Array,
  t: Float64Array,
  { reference, beta = 1, gain = exponentialGain }: LipoOptions = {},
): Loss {
  const h = s.map((score, i) => beta * (score - (reference?.[i] ?? 0)));
  const gains = t.map(gain);
  const loss = weightedPairs(h, t, Number.POSITIVE_INFINITY, (i, j, ri, rj) => {
    const discounts = Math.abs(1 / Math.log(1 + ri) - 1 / Math.log(1 + rj));
    return Math.abs(gains[i]! - gains[j]!) * discounts;
  });
  return { value: loss.value, grad: loss.grad.map((one) => one * beta) };
}
