import { type ContrastOptions, contrast } from './choices.js';
import type { Loss } from './loss.js';

/**
 * InfoNCE with graded negatives: an item is told from its own level and all lower ones, never from better ones.
 * L = − 1/m Σ_i ln (e^{s_i / τ} / Σ_{t_j ≤ t_i} e^{s_j / τ}), over the m items that have a lower one
 * With one positive it is InfoNCE, with several of one grade the sum outside the logarithm of supervised contrast. Negatives
 * of other queries of the batch are items of the lowest label.
 * @param s student scores  @param t grades: equal ones are one level
 * @see van den Oord et al. 2018, arXiv:1807.03748; Hoffmann et al. 2022, arXiv:2201.11736 (RINCE-out, one temperature)
 */
export const infoNce = (s: Float64Array, t: Float64Array, options: ContrastOptions = {}): Loss =>
  contrast(s, t, 'within', options);
