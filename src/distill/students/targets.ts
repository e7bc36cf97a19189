import { zScores } from '../../core/vectors.js';
import { gainsOf, type LabelKind, type TrainingList } from '../training-list.js';

/** What students learn from, aligned with the lists. */
export interface Targets {
  readonly kind: LabelKind;
  /** Softmax of these is the teacher's distribution: z-scores of a teacher's scores, or grades, over `temperature`. */
  readonly logits: readonly Float64Array[];
  /** What an item is worth in nDCG, 0 or more. */
  readonly gains: readonly Float64Array[];
}

// On DL19 a softmax at 1 spreads over all of 100 candidates: students agreed better with the teacher over the whole list
// and worse with the judges at its top (linear, nDCG@10 .655 to .662 at 1, .663 to .667 at 0.5).
const temperatures = { scores: 0.5, grades: 1 } as const;

/** @param temperature high listens to the whole list, low to its top. @default 0.5 for scores, 1 for grades */
export function makeTargets(
  lists: readonly TrainingList[],
  kind: LabelKind,
  { temperature = temperatures[kind] }: { readonly temperature?: number } = {},
): Targets {
  return {
    kind,
    logits: lists.map(({ labels }) => {
      const values = kind === 'grades' ? [...labels] : zScores([...labels]);
      return Float64Array.from(values, (value) => value / temperature);
    }),
    gains: lists.map(({ labels }) => Float64Array.from(gainsOf(labels, kind))),
  };
}

/** Lists that teach something: two passages or more, and labels that differ. */
export const teaches = ({ labels }: TrainingList): boolean => labels.some((label) => label !== labels[0]);

/**
 * Mean nDCG@10 with real-valued gains, over lists that have any: ties keep the order of the rows, as in the comparator.
 * @returns 0 where no list has a gain
 */
export function meanGain(scores: readonly Float64Array[], gains: readonly Float64Array[]): number {
  const values = listGains(scores, gains);
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** nDCG@10 of each list that has a gain. */
export function listGains(
  scores: readonly Float64Array[],
  gains: readonly Float64Array[],
  cutoff = 10,
): number[] {
  const values: number[] = [];
  for (const [i, list] of gains.entries()) {
    const ideal = discounted(Float64Array.from(list).sort().reverse(), cutoff);
    if (ideal <= 0) continue;
    const own = scores[i]!;
    const order = Array.from(own, (_, item) => item).sort((a, b) => own[b]! - own[a]! || a - b);
    values.push(
      discounted(
        Float64Array.from(order, (item) => list[item]!),
        cutoff,
      ) / ideal,
    );
  }
  return values;
}

function discounted(gains: Float64Array, cutoff: number): number {
  let sum = 0;
  for (let rank = 0; rank < Math.min(cutoff, gains.length); rank++) sum += gains[rank]! / Math.log2(rank + 2);
  return sum;
}
