import { scoreFeatures } from '../students/scorer.js';
import { type TrainOptions, trainStudent } from '../train-student.js';
import type { TrainingList } from '../training-list.js';

/**
 * Scores of queries whose subjects a student was not trained on: for each fold one is trained on the training queries outside
 * it, settings chosen anew among those, and scores the evaluated queries inside it.
 * @param folds of ids, of training and of evaluated queries, as `clusterFolds` gives them
 * @returns by query id, of those in a fold
 * @throws RankforgeError `too-little-data` where a fold leaves too little to learn from; the signal's reason
 */
export async function extrapolate(
  training: readonly TrainingList[],
  evaluated: readonly Pick<TrainingList, 'queryId' | 'features'>[],
  folds: readonly ReadonlySet<string>[],
  options: TrainOptions,
): Promise<Map<string, Float64Array>> {
  const scores = new Map<string, Float64Array>();
  for (const [index, fold] of folds.entries()) {
    const asked = evaluated.filter(({ queryId }) => fold.has(queryId));
    if (asked.length === 0) continue;
    options.signal?.throwIfAborted();
    const kept = training.filter(({ queryId }) => !fold.has(queryId));
    const { parameters } = await trainStudent(kept, { ...options, onProgress: undefined });
    for (const { queryId, features } of asked) scores.set(queryId, scoreFeatures(parameters, features));
    options.onProgress?.({ stage: 'extrapolate', done: index + 1, total: folds.length, unit: 'items' });
  }
  return scores;
}
