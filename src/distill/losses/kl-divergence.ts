import type { Loss, LossContext } from './loss.js';
import { logSoftmax } from './softmax.js';

/**
 * KL(teacher || student) over the candidates of one query, softened by T = `temperature`.
 * L = Σ_i p_i (ln p_i − ln q_i), p = softmax(t / T), q = softmax(s / T);  dL/ds_i = (q_i − p_i) / T
 * @param s student scores  @param t teacher scores
 * @see Hinton, Vinyals & Dean 2015, arXiv:1503.02531 (their factor T² is left to the caller)
 */
export function klDivergence(
  s: Float64Array,
  t: Float64Array,
  { temperature = 1 }: LossContext & { readonly temperature?: number } = {},
): Loss {
  const logQ = logSoftmax(s, temperature);
  const logP = logSoftmax(t, temperature);
  const value = logP.reduce((sum, lp, i) => sum + Math.exp(lp) * (lp - logQ[i]!), 0);
  return { value, grad: logQ.map((lq, i) => (Math.exp(lq) - Math.exp(logP[i]!)) / temperature) };
}
