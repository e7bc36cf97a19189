import { logSumExp } from '../../core/vectors.js';
import type { Loss } from './loss.js';
import { softmax } from './softmax.js';

/**
 * Z-loss: holds the softmax's normaliser near 1, so that scores do not drift and logits stay comparable between lists.
 * L = (ln Σ_i e^{s_i})²;  dL/ds_i = 2 ln Z softmax(s)_i. It ranks nothing: a small share of a mix (1e-4 is usual).
 * @see Chowdhery et al. 2022, arXiv:2204.02311 (PaLM, weight 1e-4)
 */
export function zLoss(s: Float64Array): Loss {
  if (s.length === 0) return { value: 0, grad: new Float64Array(0) };
  const logZ = logSumExp(s);
  return { value: logZ * logZ, grad: softmax(s).map((share) => 2 * logZ * share) };
}
