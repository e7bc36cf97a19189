import { successivePicks } from './choices.js';
import { type Loss, type LossContext, orderOf } from './loss.js';

/**
 * ListMLE: the likelihood of the teacher's order, picked from the top under Plackett-Luce.
 * L = 1/n Σ_k (ln Σ_{l ≥ k} e^{s_l} − s_k), items in the order of the labels. The paper sums; the mean keeps a long list's
 * loss on the scale of a short one's. Ties keep the order of the list, so labels should differ.
 * @param s student scores  @param t teacher scores or grades: their order alone counts
 * @see Xia et al. 2008, doi:10.1145/1390156.1390306
 */
export const listMle = (s: Float64Array, t: Float64Array, context: LossContext = {}): Loss =>
  successivePicks(s, orderOf(t), new Float64Array(t.length).fill(1), context);
