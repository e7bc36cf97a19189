import { type Loss, type LossContext, orderOf } from './loss.js';
import { logAddExp } from './softmax.js';

/** Whether the winner of a choice stands in the set that starts at `from`, beside it, or is left out of the sum. */
type WinnerPlace = 'within' | 'beside' | 'left out';

export interface Choices {
  /** Items, best first. */
  readonly order: Int32Array;
  /** Where in the order the set of each choice starts: it runs to the order's end. Aligned with `order`. */
  readonly from: Int32Array;
  /** Weight of each choice, 0 or more; 0 is no choice. Aligned with `order`. */
  readonly weights: Float64Array;
  readonly winner: WinnerPlace;
  /** How far each item counts in a set, 0 to 1, by item. A winner beside its set counts in full. @default 1 each */
  readonly presence?: Float64Array;
  /** @default 1 */
  readonly temperature?: number;
}

/**
 * Luce's choices: item k of an order is picked out of the items from `from_k` on.
 * L = Σ_k w_k (ln Σ_{l ∈ C_k} p_l e^{s_l / T} − s_k / T);  dL/ds_l = 1/T Σ_k w_k (p_l e^{s_l / T} / Σ_{C_k} [l ∈ C_k] − [l = k])
 * All listwise likelihoods and contrastive losses here are this sum with other sets and weights. Sums over suffixes are
 * kept as logarithms, so the cost is linear in n and nothing overflows.
 * @see Luce 1959, Individual Choice Behavior; Plackett 1975, doi:10.2307/2346567
 */
export function choiceLoss(
  scores: Float64Array,
  { order, from, weights, winner, presence, temperature = 1 }: Choices,
): Loss {
  const n = order.length;
  const s = scores.map((score) => score / temperature);
  const rivals = presence ? s.map((score, i) => score + Math.log(presence[i]!)) : s;
  const suffix = new Float64Array(n + 1).fill(Number.NEGATIVE_INFINITY);
  for (let k = n - 1; k >= 0; k--) suffix[k] = logAddExp(suffix[k + 1]!, rivals[order[k]!]!);
  const grad = new Float64Array(scores.length);
  // ln Σ w_k / Σ_{C_k} of the choices whose set starts here: every item from here on is pushed down by as much.
  const push = new Float64Array(n + 1).fill(Number.NEGATIVE_INFINITY);
  let value = 0;
  for (let k = 0; k < n; k++) {
    const weight = weights[k]!;
    const item = order[k]!;
    const set = suffix[from[k]!]!;
    if (weight === 0 || (winner !== 'beside' && set === Number.NEGATIVE_INFINITY)) continue;
    const total = winner === 'beside' ? logAddExp(set, s[item]!) : set;
    value += weight * (total - s[item]!);
    grad[item]! -= weight;
    if (winner === 'beside') grad[item]! += weight * Math.exp(s[item]! - total);
    push[from[k]!] = logAddExp(push[from[k]!]!, Math.log(weight) - total);
  }
  let pushed = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < n; k++) {
    pushed = logAddExp(pushed, push[k]!);
    grad[order[k]!]! += Math.exp(rivals[order[k]!]! + pushed);
  }
  return { value, grad: grad.map((one) => one / temperature) };
}

/** Where each position's level of equal labels starts and where the next one does. Aligned with `order`. */
export function levelBounds(
  t: Float64Array,
  order: Int32Array,
): { readonly starts: Int32Array; readonly ends: Int32Array } {
  const starts = new Int32Array(order.length);
  const ends = new Int32Array(order.length);
  for (let k = 0; k < order.length; k++) {
    starts[k] = k > 0 && t[order[k]!] === t[order[k - 1]!] ? starts[k - 1]! : k;
  }
  for (let k = order.length - 1; k >= 0; k--) {
    ends[k] = k + 1 < order.length && t[order[k]!] === t[order[k + 1]!] ? ends[k + 1]! : k + 1;
  }
  return { starts, ends };
}

/** Weights by position that sum to 1, times how much each item counts; all zeros where nothing weighs anything. */
export function shareWeights(raw: Float64Array, order: Int32Array, counts?: Float64Array): Float64Array {
  const weights = counts ? raw.map((weight, k) => weight * counts[order[k]!]!) : raw;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return total > 0 ? weights.map((weight) => weight / total) : new Float64Array(raw.length);
}

/** Every item that has a lower one in its list wins a choice; all weigh alike. */
export function aboveLowest(t: Float64Array, order: Int32Array): Float64Array {
  const lowest = order.length > 0 ? t[order.at(-1)!]! : 0;
  return Float64Array.from(order, (item) => (t[item]! > lowest ? 1 : 0));
}

export interface ContrastOptions extends LossContext {
  /** Of the softmax; 0.02 to 0.07 are usual for cosines. @default 1 */
  readonly temperature?: number;
}

/**
 * Every item that has a lower one is told from those of lower levels, or with the winner `within` from its own level too.
 * @param t grades: equal ones are one level
 */
export function contrast(
  s: Float64Array,
  t: Float64Array,
  winner: WinnerPlace,
  { temperature = 1, weights, presence }: ContrastOptions,
): Loss {
  const order = orderOf(t);
  const { starts, ends } = levelBounds(t, order);
  const each = shareWeights(aboveLowest(t, order), order, weights);
  const from = winner === 'within' ? starts : ends;
  return choiceLoss(s, { order, from, weights: each, winner, presence, temperature });
}

/**
 * The items of an order picked one after the other, each out of what is left.
 * @param raw weight of each pick, aligned with `order`; they are divided by their sum
 */
export function successivePicks(
  s: Float64Array,
  order: Int32Array,
  raw: Float64Array,
  { weights, presence }: LossContext,
): Loss {
  const from = Int32Array.from(order.keys());
  const each = shareWeights(raw, order, weights);
  return choiceLoss(s, { order, from, weights: each, winner: 'within', presence });
}
