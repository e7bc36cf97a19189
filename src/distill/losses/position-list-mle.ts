import { successivePicks } from './choices.js';
import { type Loss, type LossContext, orderOf } from './loss.js';

export interface PositionListMleOptions extends LossContext {
  /** `exponential`: 2^(n − k) − 1 as in the paper; `dcg`: 1 / log2(k + 1), slower. @default exponential */
  readonly decay?: 'exponential' | 'dcg';
}

/**
 * Position-aware ListMLE: a wrong pick costs more the nearer to the top it is.
 * L = Σ_k α_k (ln Σ_{l ≥ k} e^{s_l} − s_k), α_k = (2^(n − k) − 1) / Σ, k the rank from 1
 * The paper's weights overflow in single precision from 128 items and in double from 1,024. Divided by their sum they are
 * (2^−k − 2^−n) / Σ, which is finite at any length.
 * @param s student scores  @param t teacher scores or grades: their order alone counts
 * @see Lan et al. 2014, UAI, "Position-aware ListMLE: a sequential learning process for ranking"
 */
export function positionListMle(
  s: Float64Array,
  t: Float64Array,
  { decay = 'exponential', ...context }: PositionListMleOptions = {},
): Loss {
  const n = t.length;
  const order = orderOf(t);
  const raw = Float64Array.from({ length: n }, (_, k) =>
    decay === 'dcg' ? 1 / Math.log2(k + 2) : 2 ** -(k + 1) - 2 ** -n,
  );
  return successivePicks(s, order, raw, context);
}
