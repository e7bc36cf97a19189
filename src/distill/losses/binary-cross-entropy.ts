import { sigmoid, softplus } from '../../core/logistic.js';
import { itemWeights, type Loss, type LossContext } from './loss.js';

/**
 * Binary cross-entropy: each item's score is the logit of its probability of being relevant.
 * L = 1/W Σ_i w_i (ln(1 + e^{s_i}) − p_i s_i);  dL/ds_i = w_i (σ(s_i) − p_i) / W, W the sum of the weights
 * @param s student logits  @param t probabilities, 0 to 1: soft targets are allowed; values outside are clipped
 */
export function binaryCrossEntropy(s: Float64Array, t: Float64Array, context: LossContext = {}): Loss {
  const { each, total } = itemWeights(s.length, context);
  const grad = new Float64Array(s.length);
  let value = 0;
  if (total <= 0) return { value, grad };
  for (let i = 0; i < s.length; i++) {
    const share = each[i]! / total;
    const target = clipProbability(t[i]!);
    // Written with the target's own sign, so that a far score costs its distance and not the difference of two large ones.
    value += share * (target * softplus(-s[i]!) + (1 - target) * softplus(s[i]!));
    grad[i] = share * (sigmoid(s[i]!) - target);
  }
  return { value, grad };
}

export const clipProbability = (value: number): number => Math.min(1, Math.max(0, value));
