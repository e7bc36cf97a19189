import type { Loss, LossContext } from './loss.js';
import { softPlaces } from './sorting-network.js';

export interface GrocoOptions extends LossContext {
  /** The least label of a positive. @default 1 */
  readonly relevantFrom?: number;
  /** Negatives that are sorted: the highest-scored ones. @default 10 */
  readonly negatives?: number;
  /** β of the soft swaps. @default 1 */
  readonly steepness?: number;
}

/** Shares are kept this far from 0 and 1, or one that is wrong for sure would cost infinity. */
const edge = 1e-12;

/**
 * GroCo (group ordering constraints): soft-sorts positives and the hardest negatives, and asks that each ends in its group.
 * L = −1/n Σ_i ([i ∈ P] ln u_i + [i ∈ N] ln(1 − u_i)), u_i the share of i in the top |P| places of a soft sorting network that
 * is fed negatives, lowest first, then positives, lowest first
 * So the weakest positive meets the hardest negative first, and what is far from the border hardly counts.
 * @param s student scores  @param t grades; a list without positives or without negatives has loss 0
 * @see Shvetsova et al. 2023, ICCV, arXiv:2301.02009 (odd-even network, Cauchy swaps, ten negatives)
 */
export function groco(
  s: Float64Array,
  t: Float64Array,
  { relevantFrom = 1, negatives = 10, steepness = 1 }: GrocoOptions = {},
): Loss {
  const grad = new Float64Array(s.length);
  const rising = [...s.keys()].sort((a, b) => s[a]! - s[b]! || a - b);
  const low = rising.filter((item) => t[item]! < relevantFrom).slice(-negatives);
  const high = rising.filter((item) => t[item]! >= relevantFrom);
  if (low.length === 0 || high.length === 0) return { value: 0, grad };
  const items = [...low, ...high];
  const n = items.length;
  const group = Float64Array.from(items, (_, place) => (place >= low.length ? 1 : 0));
  const { shares, backward } = softPlaces(
    Float64Array.from(items, (item) => s[item]!),
    group,
    steepness,
  );
  let value = 0;
  const upstream = shares.map((share, i) => {
    const right = Math.max(edge, group[i] === 1 ? share : 1 - share);
    value -= Math.log(right) / n;
    if (right === edge) return 0;
    return (group[i] === 1 ? -1 : 1) / (n * right);
  });
  backward(upstream).forEach((one, i) => {
    grad[items[i]!]! += one;
  });
  return { value, grad };
}
