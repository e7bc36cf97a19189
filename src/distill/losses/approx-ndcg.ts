import { sigmoid } from '../../core/logistic.js';
import type { Loss, LossContext } from './loss.js';
import { exponentialGain, idealDcg } from './ndcg.js';

export interface ApproxNdcgOptions extends LossContext {
  /** What an item is worth. @default 2^label − 1 */
  readonly gain?: (label: number) => number;
  /** α: how sharply a score difference becomes a rank. @default 1 */
  readonly sharpness?: number;
}

/**
 * ApproxNDCG: nDCG with ranks made smooth.
 * L = 1 − 1/ideal Σ_i G_i / log2(1 + π_i), π_i = 1 + Σ_{j ≠ i} σ(α (s_j − s_i)), the rank that i would have
 * @param s student scores  @param t grades. A list without gains has loss 0
 * @see Qin, Liu & Li 2010, doi:10.1007/s10791-009-9124-x
 */
export function approxNdcg(
  s: Float64Array,
  t: Float64Array,
  { gain = exponentialGain, sharpness = 1 }: ApproxNdcgOptions = {},
): Loss {
  const n = s.length;
  const grad = new Float64Array(n);
  const gains = t.map(gain);
  const ideal = idealDcg(gains);
  if (ideal <= 0) return { value: 0, grad };
  let value = 1;
  for (let i = 0; i < n; i++) {
    if (gains[i] === 0) continue;
    let rank = 1;
    for (let j = 0; j < n; j++) if (j !== i) rank += sigmoid(sharpness * (s[j]! - s[i]!));
    const log = Math.log2(1 + rank);
    value -= gains[i]! / ideal / log;
    const perRank = gains[i]! / ideal / (log * log * (1 + rank) * Math.LN2);
    for (let j = 0; j < n; j++) {
      if (j === i) continue;
      const p = sigmoid(sharpness * (s[j]! - s[i]!));
      const slope = perRank * sharpness * p * (1 - p);
      grad[j]! += slope;
      grad[i]! -= slope;
    }
  }
  return { value, grad };
}
