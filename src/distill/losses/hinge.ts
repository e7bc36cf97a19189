import type { Loss, LossContext } from './loss.js';
import { pairwise } from './rank-net.js';

export interface HingeOptions extends LossContext {
  /** Margin for each unit by which the labels differ. @default 1 */
  readonly scale?: number;
  /** The widest margin that is asked for, so that one far label does not rule. @default 3 */
  readonly widest?: number;
}

/**
 * Hinge with margins that adapt to the pair: what the teacher tells apart widely shall lie far apart.
 * L = 1/m Σ_{t_i > t_j} max(0, μ_ij − (s_i − s_j)), μ_ij = min(widest, scale (t_i − t_j)), m ordered pairs
 * Pairs that the teacher hardly tells apart ask for next to nothing, so a false negative just under its positive does no harm.
 * LG-ANNA mines with such a margin: it drops negatives that are too near to their positive; here they stay and their margin shrinks.
 * Its report was read in abstract and summaries only, so the formula is ours.
 * @param s student scores  @param t teacher scores or grades
 * @see Choi et al. 2025, arXiv:2506.07438 (LG-ANNA); Gienapp et al. 2024, arXiv:2407.21515 (adaptive relevance margins)
 */
export function hinge(
  s: Float64Array,
  t: Float64Array,
  { scale = 1, widest = 3, weights, presence }: HingeOptions = {},
): Loss {
  const margin = (i: number, j: number): number => Math.min(widest, scale * (t[i]! - t[j]!));
  return pairwise(
    s,
    t,
    (i, j) => (weights?.[i] ?? 1) * (presence?.[j] ?? 1),
    (lead, i, j) => Math.max(0, margin(i, j) + lead),
    (lead, i, j) => (margin(i, j) + lead > 0 ? 1 : 0),
  );
}
