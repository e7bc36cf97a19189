import { successivePicks } from './choices.js';
import { type Loss, type LossContext, orderOf } from './loss.js';
import { softmax } from './softmax.js';

export interface PlackettLuceOptions extends LossContext {
  /** Of the teacher's softmax: high spreads the weight down the order. @default 1 */
  readonly temperature?: number;
}

/**
 * Plackett-Luce distillation (PLD): ListMLE whose choices weigh as much as the teacher is sure of them.
 * L = Σ_k α_k (ln Σ_{l ≥ k} e^{s_l} − s_k), items in the teacher's order, α = softmax(t / T). Convex in s.
 * With a teacher that is sure of one item it is cross-entropy; with one that knows nothing, ListMLE. The paper puts the
 * true class first; here the teacher's order stands, since labels may be all there is.
 * @param s student scores  @param t teacher scores
 * @see Bassam, Zhu & Bian 2025, arXiv:2506.12542
 */
export function plackettLuceDistillation(
  s: Float64Array,
  t: Float64Array,
  { temperature = 1, ...context }: PlackettLuceOptions = {},
): Loss {
  const order = orderOf(t);
  const confidence = softmax(t, temperature);
  const raw = Float64Array.from(order, (item) => confidence[item]!);
  return successivePicks(s, order, raw, context);
}
