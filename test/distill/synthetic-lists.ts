import { randomStream } from '../../src/core/random.js';
import type { FeatureSet } from '../../src/distill/features/feature-set.js';
import type { TrainingList } from '../../src/distill/training-list.js';

/** Five features: two that the untrained fusion knows, one that it does not, one of noise, one constant. */
export const syntheticSet: FeatureSet = {
  version: 1,
  dense: false,
  firstStage: false,
  names: ['bm25_z', 'term_feedback_z', 'hidden', 'noise', 'constant'],
};

/**
 * Lists whose teacher scores are `weights` · features + noise. With weights (1, 0.5, 0…) the untrained fusion is all
 * there is to learn.
 */
export function syntheticLists(
  count: number,
  { rows = 15, seed = 1, hidden = 2, noise = 0.5, grades = false, bend = false } = {},
): TrainingList[] {
  return Array.from({ length: count }, (_, list) => {
    const random = randomStream(seed, 'list', list);
    const data = new Float64Array(rows * 5);
    const labels = new Float64Array(rows);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < 4; column++) data[row * 5 + column] = random.normal();
      data[row * 5 + 4] = 3;
      const [a, b, c] = data.slice(row * 5, row * 5 + 3) as unknown as [number, number, number];
      // Bent: something that no weighted sum of the features gives.
      const score = a + b / 2 + hidden * (bend ? Math.abs(c) : c) + noise * random.normal();
      labels[row] = grades ? Math.max(0, Math.min(3, Math.round(score))) : score;
    }
    return { queryId: `q${list}`, features: { names: syntheticSet.names, rows, data }, labels };
  });
}
