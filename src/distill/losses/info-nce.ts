import { type ContrastOptions, contrast } from './choices.js';
import type { Loss } from './loss.js';

/**
 * InfoNCE with graded negatives: an item is told from its own level and all lower ones, never from better ones.
 * L = − 1/m Σ_i ln (e^{s_i / τ} / Σ_{t_j ≤ t_i} e^{s_j / τ}), over the m items that have a lower one
 * With one positive it is InfoNCE, with several of one grade the sum outside the logarithm of supervised contrast. RINCE ranks
 * positives alike, but leaves an item's own level out of its sum, as `decoupledSoftmax` does. Negatives of other queries of the
 * batch are items of the lowest label.
 * @param s student scores  @param t grades: equal ones are one level
 * @see van den Oord et al. 2018, arXiv:1807.03748; Khosla et al. 2020, arXiv:2004.11362 (supervised contrast)
 */
export const infoNce = (s: Float64Array, t: Float64Array, options: ContrastOptions = {}): Loss =>
  contrast(s, t, 'within', options);
