import { aboveLowest, levelBounds, shareWeights } from './choices.js';
import { type Loss, type LossContext, orderOf } from './loss.js';
import { logAddExp } from './softmax.js';

export interface LabelRobustOptions extends LossContext {
  /** λ: near 0 only the strongest rival counts (hinge), large all alike. @default 1 */
  readonly temperature?: number;
  /** c: by how much an item should lead those below it. @default 0.1 */
  readonly margin?: number;
}

/**
 * Label-distributionally robust loss (LDR-KL): the worst case over how rivals are weighted, at a price of λ KL.
 * L = 1/m Σ_i λ ln (1/K_i Σ_{j ∈ {i} ∪ lower} e^{(s_j + c [j ≠ i] − s_i) / λ}), m items with a lower one
 * K_i is how many items the set has, each by its presence, so a rival that is left out changes neither sum nor mean.
 * Between the hinge of the strongest rival (λ → 0) and the mean difference (λ → ∞); at λ = 1, c = 0 cross-entropy less ln K.
 * The paper has one true class; here every item is one among those below it. Its code first divides softplus of the scores by
 * their mean over the classes and has c = 2; here scores are taken as they are.
 * @param s student scores  @param t grades: equal ones are one level
 * @see Zhu, Ying & Yang 2023, ICML, arXiv:2112.14869
 */
export function labelRobust(
  s: Float64Array,
  t: Float64Array,
  { temperature = 1, margin = 0.1, weights, presence }: LabelRobustOptions = {},
): Loss {
  const n = s.length;
  const order = orderOf(t);
  const { ends } = levelBounds(t, order);
  const each = shareWeights(aboveLowest(t, order), order, weights);
  const scaled = s.map((score) => score / temperature);
  const rivals = presence ? scaled.map((score, i) => score + Math.log(presence[i]!)) : scaled;
  const suffix = new Float64Array(n + 1).fill(Number.NEGATIVE_INFINITY);
  const present = new Float64Array(n + 1);
  for (let k = n - 1; k >= 0; k--) {
    suffix[k] = logAddExp(suffix[k + 1]!, rivals[order[k]!]!);
    present[k] = present[k + 1]! + (presence?.[order[k]!] ?? 1);
  }
  const grad = new Float64Array(n);
  const push = new Float64Array(n + 1).fill(Number.NEGATIVE_INFINITY);
  let value = 0;
  for (let k = 0; k < n; k++) {
    if (each[k] === 0) continue;
    const own = scaled[order[k]!]!;
    const total = logAddExp(suffix[ends[k]!]! + margin / temperature, own);
    value += each[k]! * temperature * (total - own - Math.log1p(present[ends[k]!]!));
    grad[order[k]!]! += each[k]! * (Math.exp(own - total) - 1);
    push[ends[k]!] = logAddExp(push[ends[k]!]!, Math.log(each[k]!) + margin / temperature - total);
  }
  let pushed = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < n; k++) {
    pushed = logAddExp(pushed, push[k]!);
    grad[order[k]!]! += Math.exp(rivals[order[k]!]! + pushed);
  }
  return { value, grad };
}
