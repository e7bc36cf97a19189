import { choiceLoss, shareWeights } from './choices.js';
import { type Loss, type LossContext, orderOf } from './loss.js';

export interface IrpoOptions extends LossContext {
  /** Scores that the student starts from: only what it adds to them is ranked. @default zeros */
  readonly reference?: Float64Array;
  /** Scale of the student's scores. @default 1 */
  readonly beta?: number;
  /** What an item is worth. @default 1, so ranks alone decide */
  readonly gain?: (label: number) => number;
}

/**
 * In-context ranking preference optimisation (IRPO): each item against all others at once, weighted as DCG would.
 * L = − Σ_i w_i ln σ(z_i), z_i = − ln Σ_{j ≠ i} e^{β (h_j − h_i)}, h = s − reference, w_i ∝ gain(t_i) / log2(1 + r_i)
 * σ(z_i) is item i's share of the softmax over the list, so the loss has its least value where the softmax is w. The paper
 * has h the log-ratio of a language model to its reference, and does not divide w by its sum. Its code has the gain 2^t − 1, the
 * mean over the items, and in z the mean of the exponentials: σ(z) then is no share, so here it is their sum.
 * @param s student scores  @param t teacher scores or ranks turned round: their order counts, and `gain` of them
 * @see Wu et al. 2025, arXiv:2504.15477
 */
export function irpo(
  s: Float64Array,
  t: Float64Array,
  { reference, beta = 1, gain = () => 1, weights, presence }: IrpoOptions = {},
): Loss {
  const order = orderOf(t);
  const raw = Float64Array.from(order, (item, k) => Math.max(0, gain(t[item]!)) / Math.log2(k + 2));
  return choiceLoss(reference ? s.map((score, i) => score - reference[i]!) : s, {
    order,
    from: new Int32Array(order.length),
    weights: shareWeights(raw, order, weights),
    winner: 'within',
    presence,
    temperature: 1 / beta,
  });
}
