import type { JobOptions } from '../../core/progress.js';
import { klDivergence } from '../losses/kl-divergence.js';
import { type LambdaLoss, lambdaRank } from '../losses/lambda-rank.js';
import type { TrainingList } from '../training-list.js';
import { type BoostSettings, boost, type RowLists } from '../trees/boost.js';
import { type TreeParameters, weighRows } from './scorer.js';
import { meanGain, type Targets } from './targets.js';

export interface LambdaMartSettings extends BoostSettings {
  /** LambdaRank on gains, or KL to the teacher's softmax, with its hessian q (1 − q). */
  readonly objective: 'lambda-rank' | 'kl';
}

export interface HeldOut {
  readonly lists: readonly TrainingList[];
  readonly targets: Targets;
}

/**
 * Boosted trees that correct the prior: their sum is added to its score.
 * @param validation lists to stop early on
 * @returns the parameters and how many trees were best
 */
export function fitLambdaMart(
  lists: readonly TrainingList[],
  targets: Targets,
  settings: LambdaMartSettings,
  prior: readonly number[],
  { seed, validation, ...job }: JobOptions & { readonly seed: number; readonly validation?: HeldOut },
): { readonly parameters: TreeParameters; readonly rounds: number } {
  const rows = joinLists(lists, prior);
  const objective =
    settings.objective === 'kl'
      ? (scores: Float64Array, list: number): LambdaLoss => {
          const { value, grad } = klDivergence(scores, targets.logits[list]!);
          // Lists of different length weigh alike; times the length, leaf values do not shrink with it.
          const n = scores.length;
          const q = softmax(scores);
          return { value, grad: grad.map((x) => x * n), hessian: q.map((x) => x * (1 - x) * n) };
        }
      : (scores: Float64Array, list: number): LambdaLoss => {
          const gain = targets.kind === 'grades' ? (x: number) => 2 ** x - 1 : (x: number) => x;
          return lambdaRank(scores, targets.gains[list]!, { gain, normalise: true, withValue: false });
        };
  const held = validation && joinLists(validation.lists, prior);
  const { trees } = boost(rows, objective, settings, {
    seed,
    ...job,
    ...(held && validation
      ? {
          validation: {
            lists: held,
            patience: 25,
            measure: (scores) => meanGain(splitScores(scores, held.starts), validation.targets.gains),
          },
        }
      : {}),
  });
  return { parameters: { kind: 'lambdamart', prior, trees }, rounds: trees.length };
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

function softmax(scores: Float64Array): Float64Array {
  const top = scores.reduce((max, score) => Math.max(max, score), Number.NEGATIVE_INFINITY);
  const weights = scores.map((score) => Math.exp(score - top));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}
