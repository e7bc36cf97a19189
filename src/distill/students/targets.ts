import { mean, orderByScore, zScores } from '../../core/vectors.js';
import { gainsOf, type LabelKind, type TrainingList } from '../training-list.js';

/** What students learn from, aligned with the lists. */
export interface Targets {
  readonly kind: LabelKind;
  /** Softmax of these is the teacher's distribution: z-scores of a teacher's scores, or grades, over `temperature`. */
  readonly logits: readonly Float64Array[];
  /** What an item is worth in nDCG, 0 or more. */
  readonly gains: readonly Float64Array[];
}

/** LambdaRank's gain of what is in `Targets.gains`: the worth of scores is exponential already. */
export const lambdaGain: Readonly<Record<LabelKind, (gain: number) => number>> = {
  grades: (grade) => 2 ** grade - 1,
  scores: (gain) => gain,
};

/** Lists to stop early on. */
export interface HeldOut {
  readonly lists: readonly TrainingList[];
  readonly targets: Targets;
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

/** Mean nDCG@10 over the lists that have a gain; 0 where none has. */
export const meanGain = (scores: readonly Float64Array[], gains: readonly Float64Array[]): number =>
  mean(listGains(scores, gains));

/**
 * nDCG at a cutoff with real-valued gains, of each list that has any: ties keep the order of the rows, as in the
 * comparator.
 */
export function listGains(
  scores: readonly Float64Array[],
  gains: readonly Float64Array[],
  cutoff = 10,
): number[] {
  const values: number[] = [];
  for (const [i, list] of gains.entries()) {
    const ideal = discounted(Float64Array.from(list).sort().reverse(), cutoff);
    if (ideal <= 0) continue;
    const order = orderByScore(scores[i]!);
    values.push(
      discounted(
        order.map((item) => list[item]!),
        cutoff,
      ) / ideal,
    );
  }
  return values;
}

function discounted(gains: ArrayLike<number>, cutoff: number): number {
  let sum = 0;
  for (let rank = 0; rank < Math.min(cutoff, gains.length); rank++) sum += gains[rank]! / Math.log2(rank + 2);
  return sum;
}
