import { RankforgeError } from '../../core/errors.js';
import { sigmoid } from '../../core/logistic.js';
import { mean, orderByScore, zScores } from '../../core/vectors.js';
import type { LossTarget } from '../losses/registry.js';
import { gainsOf, type LabelKind, type TrainingList } from '../training-list.js';

/** What students learn from, aligned with the lists. */
export interface Targets {
  readonly kind: LabelKind;
  /** Softmax of these is the teacher's distribution: z-scores of a teacher's scores, or grades, over `temperature`. */
  readonly logits: readonly Float64Array[];
  /** What an item is worth in nDCG, 0 or more. */
  readonly gains: readonly Float64Array[];
}

/** One list's labels in the form that each kind of loss wants, made where it is wanted: there may be a million rows. */
export function targetsOf(
  { kind, logits, gains }: Targets,
  list: number,
): Readonly<Record<LossTarget, Float64Array>> {
  const [own, worth] = [logits[list]!, gains[list]!];
  const isGraded = kind === 'grades';
  return {
    logits: own,
    order: own,
    /** Grades, or z-scores held to 0 to 3, whose 2^level − 1 are the gains of scores. */
    get grades() {
      return isGraded ? worth : worth.map((gain) => Math.log2(1 + gain));
    },
    /** Of being relevant, 0 to 1: grade 3 is sure; for scores σ of the logits. */
    get probabilities() {
      return isGraded ? worth.map((grade) => Math.min(1, grade / 3)) : own.map(sigmoid);
    },
  };
}

/** LambdaRank's gain of what is in `Targets.gains`: the worth of scores is exponential already. */
export const lambdaGain: Readonly<Record<LabelKind, (gain: number) => number>> = {
  grades: (grade) => 2 ** grade - 1,
  scores: (gain) => gain,
};

/** Lists and what they teach. */
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
  const isGraded = kind === 'grades';
  // Grades are their own logits and gains, as a rule: no copy is made of them.
  const logits = lists.map(({ labels }) => {
    if (isGraded && temperature === 1) return labels;
    return Float64Array.from(isGraded ? labels : zScores([...labels]), (value) => value / temperature);
  });
  const gains = lists.map(({ labels }) =>
    isGraded && labels.every((grade) => grade >= 0) ? labels : Float64Array.from(gainsOf(labels, kind)),
  );
  return { kind, logits, gains };
}

/** What a fold's student learns from, and what it is measured on. */
export interface Fold extends HeldOut {
  readonly held: HeldOut;
  /** Scaled to the fold's own targets. */
  readonly prior: readonly number[];
}

/** The targets of some of the lists, in that order. */
export const pickTargets = (targets: Targets, lists: readonly number[]): Targets => {
  const pick = (all: readonly Float64Array[]): Float64Array[] => lists.map((list) => all[list]!);
  return {
    kind: targets.kind,
    logits: pick(targets.logits),
    gains: pick(targets.gains),
  };
};

/** Lists that teach something: two passages or more, and labels that differ. */
export const teaches = ({ labels }: Pick<TrainingList, 'labels'>): boolean =>
  labels.some((label) => label !== labels[0]);

/** Below this there is nothing to hold out. */
const fewestLists = 4;

/**
 * The lists that teach something.
 * @param better how many queries are better than just enough, in words
 * @throws RankforgeError `too-little-data` with fewer than 4
 */
export function listsThatTeach<L extends Pick<TrainingList, 'labels'>>(
  lists: readonly L[],
  better: string,
): L[] {
  const useful = lists.filter(teaches);
  if (useful.length >= fewestLists) return useful;
  const tied = lists.filter((list) => list.labels.length > 1 && !teaches(list)).length;
  throw new RankforgeError(
    'too-little-data',
    `Only ${useful.length} of ${lists.length} queries teach anything${tied > 0 ? `; all scores or grades are tied in ${tied}` : ''}`,
    {
      where: `${lists.length} training lists`,
      hint: `Give at least ${fewestLists} queries (${better} are better) whose candidates have labels that differ.`,
    },
  );
}

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
