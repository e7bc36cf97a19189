import { type ContrastOptions, contrast } from './choices.js';
import type { Loss } from './loss.js';

/**
 * Decoupled softmax: an item is told from lower ones alone, so positives do not push each other down.
 * L = − 1/m Σ_i ln (e^{s_i / τ} / (e^{s_i / τ} + Σ_{t_j < t_i} e^{s_j / τ})), over the m items that have a lower one
 * With several levels it is RINCE-out, at one temperature and as the mean over items, where RINCE has that of each level's mean.
 * @param s student scores  @param t grades: equal ones are one level
 * @see Gupta et al. 2024, ICLR, arXiv:2310.10636, "Dual-encoders for extreme multi-label classification"; Hoffmann et al. 2022,
 * arXiv:2201.11736 (RINCE)
 */
export const decoupledSoftmax = (s: Float64Array, t: Float64Array, options: ContrastOptions = {}): Loss =>
  contrast(s, t, 'beside', options);
