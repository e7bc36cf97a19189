import type { Loss } from './loss.js';
import { logSoftmax } from './softmax.js';

/**
 * ListNet's top-one cross-entropy: the target is the softmax of the labels.
 * L = − Σ_i p_i ln q_i, p = softmax(t), q = softmax(s);  dL/ds_i = q_i − p_i
 * @param s student scores  @param t grades or teacher scores
 * @see Cao et al. 2007, doi:10.1145/1273496.1273513
 */
export function listNet(s: Float64Array, t: Float64Array): Loss {
  const logQ = logSoftmax(s);
  const p = logSoftmax(t).map(Math.exp);
  return {
    value: p.reduce((sum, share, i) => sum - share * logQ[i]!, 0),
    grad: logQ.map((lq, i) => Math.exp(lq) - p[i]!),
  };
}
