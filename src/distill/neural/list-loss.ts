import type { Objective, ScoredList } from '../losses/objective.js';
import type { TrainingBatch } from './train.js';

/**
 * An objective over lists as the loss of a network that gives a score a row.
 * @param lists whose rows follow one another in the batch
 */
export function listLoss(
  lists: readonly Omit<ScoredList, 'scores'>[],
  objective: Objective,
): TrainingBatch['loss'] {
  const ends: number[] = [];
  for (const { targets } of lists) ends.push((ends.at(-1) ?? 0) + targets.logits.length);
  return ({ data }) => {
    const scored = lists.map((list, i) => ({
      ...list,
      scores: Float64Array.from(data.subarray(ends[i - 1] ?? 0, ends[i])),
    }));
    const { value, grads } = objective(scored);
    return { value, gradient: grads.flatMap((grad) => [...grad]) };
  };
}
