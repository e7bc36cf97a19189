import { sigmoid, softplus } from '../../core/logistic.js';
import { clipProbability } from './binary-cross-entropy.js';
import { itemWeights, type Loss, type LossContext } from './loss.js';

export interface FocalOptions extends LossContext {
  /** γ: 0 is binary cross-entropy; the larger, the less what is already right counts. @default 2 */
  readonly gamma?: number;
}

/**
 * Focal loss, for soft targets: an item's cross-entropy times how far off its probability is.
 * L = 1/W Σ_i w_i |p_i − σ(s_i)|^γ BCE_i; with q = σ(s), d = q − p: dL/ds = w/W (γ |d|^(γ−1) sgn(d) q (1 − q) BCE + |d|^γ d)
 * For p of 0 or 1 it is the focal loss without its class weight α, which `weights` can carry.
 * @param s student logits  @param t probabilities, 0 to 1; values outside are clipped
 * @see Lin et al. 2017, arXiv:1708.02002; Li et al. 2020, arXiv:2006.04388 (soft targets: quality focal loss)
 */
export function focal(s: Float64Array, t: Float64Array, { gamma = 2, ...context }: FocalOptions = {}): Loss {
  const { each, total } = itemWeights(s.length, context);
  const grad = new Float64Array(s.length);
  let value = 0;
  if (total <= 0) return { value, grad };
  for (let i = 0; i < s.length; i++) {
    const share = each[i]! / total;
    const target = clipProbability(t[i]!);
    const q = sigmoid(s[i]!);
    const away = q - target;
    const entropy = target * softplus(-s[i]!) + (1 - target) * softplus(s[i]!);
    // 0^0 is 1: with γ = 0 a soft target that is met keeps its entropy, as in cross-entropy.
    const modulation = Math.abs(away) ** gamma;
    value += share * modulation * entropy;
    if (away === 0) continue;
    // |d|^(γ − 1) sgn(d) as |d|^γ / d, with q beside d: alone, 1 / d overflows for scores below −709.
    const slope = gamma * modulation * ((q * (1 - q)) / away);
    grad[i] = share * (slope * entropy + modulation * away);
  }
  return { value, grad };
}
