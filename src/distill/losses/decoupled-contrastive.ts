import { type ContrastOptions, contrast } from './choices.js';
import type { Loss } from './loss.js';

/**
 * Decoupled contrastive learning (DCL): the positive leaves its own denominator, so its gradient does not fade once it leads
 * and small batches teach as much as large ones.
 * L = 1/m Σ_i (ln Σ_{t_j < t_i} e^{s_j / τ} − s_i / τ), over the m items that have a lower one
 * It has no lower bound: mix it with a loss that holds the scale, or keep scores bounded, as cosines are.
 * @param s student scores  @param t grades: equal ones are one level
 * @see Yeh et al. 2022, ECCV, arXiv:2110.06848
 */
export const decoupledContrastive = (s: Float64Array, t: Float64Array, options: ContrastOptions = {}): Loss =>
  contrast(s, t, 'left out', options);
