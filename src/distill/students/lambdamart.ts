import type { JobOptions } from '../../core/progress.js';
import { klDivergence } from '../losses/kl-divergence.js';
import { lambdaRankOf } from '../losses/lambda-rank.js';
import { logSoftmax } from '../losses/softmax.js';
import type { TrainingList } from '../training-list.js';
import { type BoostSettings, boost, type RowLists, type TreeObjective } from '../trees/boost.js';
import { type TreeParameters, weighRows } from './scorer.js';
import { type HeldOut, lambdaGain, meanGain, type Targets } from './targets.js';

export interface LambdaMartSettings extends BoostSettings {
  /** LambdaRank on gains, or KL to the teacher's softmax, with its hessian q (1 − q). */
  readonly objective: 'lambda-rank' | 'kl';
}

/**
 * Boosted trees that correct the prior: their sum is added to its score.
 * @param validation lists to stop early on
 * @returns the parameters and their number of trees: with `validation`, the best there
 */
export function fitLambdaMart(
  lists: readonly TrainingList[],
  targets: Targets,
  settings: LambdaMartSettings,
  prior: readonly number[],
  { seed, validation, ...job }: JobOptions & { readonly seed: number; readonly validation?: HeldOut },
): { readonly parameters: TreeParameters; readonly rounds: number } {
  const held = validation && joinLists(validation.lists, prior);
  const { trees } = boost(joinLists(lists, prior), objectiveOf(targets, settings), settings, {
    seed,
    ...job,
    validation: held && {
      lists: held,
      patience: 25,
      measure: (scores) => meanGain(splitScores(scores, held.starts), validation.targets.gains),
    },
  });
  return { parameters: { kind: 'lambdamart', prior, trees }, rounds: trees.length };
}

function objectiveOf(targets: Targets, { objective }: LambdaMartSettings): TreeObjective {
  if (objective === 'lambda-rank') {
    const options = { gain: lambdaGain[targets.kind], normalise: true, withValue: false };
    const losses = targets.gains.map((gains) => lambdaRankOf(gains, options));
    return (scores, list) => losses[list]!(scores);
  }
  return (scores, list) => {
    const { value, grad } = klDivergence(scores, targets.logits[list]!);
    // Lists of different length weigh alike; times the length, leaf values do not shrink with it.
    const n = scores.length;
    const q = logSoftmax(scores).map(Math.exp);
    return { value, grad: grad.map((x) => x * n), hessian: q.map((x) => x * (1 - x) * n) };
  };
}

function joinLists(lists: readonly TrainingList[], prior: readonly number[]): RowLists {
  const width = prior.length;
  const starts = new Int32Array(lists.length + 1);
  lists.forEach(({ features }, i) => {
    starts[i + 1] = starts[i]! + features.rows;
  });
  const data = new Float64Array(starts.at(-1)! * width);
  lists.forEach(({ features }, i) => {
    data.set(features.data, starts[i]! * width);
  });
  return { data, features: width, starts, initial: weighRows(prior, data, starts.at(-1)!, width) };
}

const splitScores = (scores: Float64Array, starts: Int32Array): Float64Array[] =>
  Array.from({ length: starts.length - 1 }, (_, i) => scores.subarray(starts[i]!, starts[i + 1]!));
