import { softplus } from '../../core/logistic.js';
import { type Loss, type LossContext, orderOf } from './loss.js';
import { exponentialGain } from './ndcg.js';

export interface LambdaRankOptions extends LossContext {
  /** What an item is worth. @default 2^label − 1 */
  readonly gain?: (label: number) => number;
  /** Pairs must have one item within the first ranks of the student's order. @default 30 */
  readonly truncation?: number;
  /**
   * LightGBM's two normalisations: a pair's weight is divided by 0.01 + |s_i − s_j|, and all lambdas of a query are
   * scaled by log2(1 + Σ) / Σ, so that long lists do not drown short ones. @default false
   */
  readonly normalise?: boolean;
  /** Whether to work out the value too, which costs as much as the gradients; 0 where not. @default true */
  readonly withValue?: boolean;
}

/** First and second derivatives by score, as trees need them. */
export interface Derivatives {
  readonly grad: Float64Array;
  readonly hessian: Float64Array;
}

export type LambdaLoss = Loss & Derivatives;

/**
 * LambdaRank: RankNet's gradient times |ΔnDCG|, what swapping the two would change.
 * dL/ds_i = − Σ_{t_i > t_j} |ΔnDCG_ij| σ(s_j − s_i), and the reverse for j; the hessian has |ΔnDCG| σ (1 − σ).
 * The value is Σ |ΔnDCG_ij| ln(1 + e^−(s_i − s_j)) with |ΔnDCG| held fixed, which has these gradients.
 * @param s student scores  @param t grades, or teacher scores with a `gain` that maps them to 0 or more
 * @see Burges 2010, MSR-TR-2010-82; LightGBM's rank_objective.hpp for the normalisations
 */
export function lambdaRank(s: Float64Array, t: Float64Array, options: LambdaRankOptions = {}): LambdaLoss {
  return lambdaRankOf(t, options)(s);
}

// 1 / log2(rank + 1), rank from 1: one table for lists of every length, as there may be many lists.
let discounts = new Float64Array();

function discountsOf(length: number): Float64Array {
  if (discounts.length < length)
    discounts = Float64Array.from({ length: 2 * length }, (_, rank) => 1 / Math.log2(rank + 2));
  return discounts;
}

/**
 * LambdaRank against one list's labels: what these alone decide is worked out once, however often scores change.
 * @returns a function of scores and of the arrays to put the derivatives into. @default new ones
 */
export function lambdaRankOf(
  t: Float64Array,
  { gain = exponentialGain, truncation = 30, normalise = false, withValue = true }: LambdaRankOptions = {},
): (s: Float64Array, into?: Derivatives) => LambdaLoss {
  const n = t.length;
  const gains = t.map(gain);
  const ideal = gains
    .toSorted()
    .reverse()
    .slice(0, truncation)
    .reduce((sum, one, rank) => sum + one / Math.log2(rank + 2), 0);
  return (s, { grad, hessian } = { grad: new Float64Array(n), hessian: new Float64Array(n) }) => {
    const discounts = discountsOf(n);
    grad.fill(0);
    hessian.fill(0);
    if (ideal <= 0) return { value: 0, grad, hessian };
    const order = orderOf(s);
    const scaled = normalise && s[order[0]!]! !== s[order[n - 1]!]!;
    let value = 0;
    let total = 0;
    for (let a = 0; a < Math.min(n - 1, truncation); a++) {
      const first = order[a]!;
      const label = t[first]!;
      for (let b = a + 1; b < n; b++) {
        const second = order[b]!;
        if (label === t[second]!) continue;
        // Not by destructuring, which V8 makes arrays for.
        const isAbove = label > t[second]!;
        const high = isAbove ? first : second;
        const low = isAbove ? second : first;
        const difference = s[high]! - s[low]!;
        let weight = ((gains[high]! - gains[low]!) * (discounts[a]! - discounts[b]!)) / ideal;
        if (scaled) weight /= 0.01 + Math.abs(difference);
        // σ(−difference); where exp overflows to infinity this is 0, as it should be.
        const p = 1 / (1 + Math.exp(difference));
        const lambda = weight * p;
        const curvature = lambda * (1 - p);
        if (withValue) value += weight * softplus(-difference);
        total += 2 * lambda;
        grad[high]! -= lambda;
        grad[low]! += lambda;
        hessian[high]! += curvature;
        hessian[low]! += curvature;
      }
    }
    if (normalise && total > 0) {
      const scale = Math.log2(1 + total) / total;
      value *= scale;
      for (let i = 0; i < n; i++) {
        grad[i]! *= scale;
        hessian[i]! *= scale;
      }
    }
    return { value, grad, hessian };
  };
}
