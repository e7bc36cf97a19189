import type { Loss, LossContext } from './loss.js';
import { logAddExp } from './softmax.js';

export interface MultiSimilarityOptions extends LossContext {
  /** Sharpness for positives. @default 2 */
  readonly alpha?: number;
  /** Sharpness for negatives: near the hardest one alone at 50. @default 50 */
  readonly beta?: number;
  /** λ: positives should be above, negatives below. The paper names 1, its code 0.5. @default 0.5 */
  readonly base?: number;
  /** The least label of a positive. @default 1 */
  readonly relevantFrom?: number;
}

/**
 * Multi-similarity: positives that are too low and negatives that are too high, the worst of each weighing most.
 * L = 1/α ln(1 + Σ_P e^{−α (s_p − λ)}) + 1/β ln(1 + Σ_N e^{β (s_n − λ)})
 * λ is a place on the scale of the scores, so the loss is not invariant to a shift: the defaults are for cosines.
 * @param s student scores, cosines for the defaults  @param t grades
 * @see Wang et al. 2019, CVPR, arXiv:1904.06627 (without its mining of pairs, which `keep` does)
 */
export function multiSimilarity(
  s: Float64Array,
  t: Float64Array,
  { alpha = 2, beta = 50, base = 0.5, relevantFrom = 1 }: MultiSimilarityOptions = {},
): Loss {
  const exponents = s.map((score, i) =>
    t[i]! >= relevantFrom ? -alpha * (score - base) : beta * (score - base),
  );
  // The 1 in each logarithm is e^0.
  let [ofPositives, ofNegatives] = [0, 0];
  exponents.forEach((exponent, i) => {
    if (t[i]! >= relevantFrom) ofPositives = logAddExp(ofPositives, exponent);
    else ofNegatives = logAddExp(ofNegatives, exponent);
  });
  return {
    value: ofPositives / alpha + ofNegatives / beta,
    grad: exponents.map((exponent, i) =>
      t[i]! >= relevantFrom ? -Math.exp(exponent - ofPositives) : Math.exp(exponent - ofNegatives),
    ),
  };
}
