import type { Loss, LossFunction } from './loss.js';

/**
 * A loss of part of a list: the others are as if they were not there and have gradient 0. For negatives that may be false, and for
 * mining pairs in a batch.
 * @param keep aligned with the scores
 */
export const keepItems =
  (loss: LossFunction, keep: readonly boolean[]): LossFunction =>
  (s, t, context = {}): Loss => {
    const kept = keep.flatMap((one, i) => (one ? [i] : []));
    const pick = (values: Float64Array): Float64Array => Float64Array.from(kept, (i) => values[i]!);
    const { value, grad } = loss(pick(s), pick(t), {
      ...context,
      weights: context.weights && pick(context.weights),
      presence: context.presence && pick(context.presence),
    });
    const all = new Float64Array(s.length);
    kept.forEach((i, place) => {
      all[i] = grad[place]!;
    });
    return { value, grad: all };
  };
