import { BlockStore, type Spill } from '../../core/block-store.js';
import type { JobOptions } from '../../core/progress.js';
import { mean } from '../../core/vectors.js';
import { klDivergence } from '../losses/kl-divergence.js';
import { lambdaRankOf } from '../losses/lambda-rank.js';
import { logSoftmax } from '../losses/softmax.js';
import type { TrainingList } from '../training-list.js';
import {
  type Boosting,
  type BoostSettings,
  bestRounds,
  boost,
  type RowLists,
  startBoosting,
  type TreeObjective,
} from '../trees/boost.js';
import { type TreeParameters, weighRows } from './scorer.js';
import { type Fold, lambdaGain, listGains, type Targets } from './targets.js';

export interface LambdaMartSettings extends BoostSettings {
  /** LambdaRank on gains, or KL to the teacher's softmax, with its hessian q (1 − q). */
  readonly objective: 'lambda-rank' | 'kl';
}

interface FitJob extends JobOptions {
  readonly seed: number;
  readonly spill?: Spill;
}

// LightGBM's cross-validation in bench/feature-files.py has the same.
const patience = 25;

/** Boosted trees that correct the prior: their sum is added to its score. */
export async function fitLambdaMart(
  lists: readonly TrainingList[],
  targets: Targets,
  settings: LambdaMartSettings,
  prior: readonly number[],
  { spill, ...job }: FitJob,
): Promise<TreeParameters> {
  using store = new BlockStore(spill);
  const options = { ...job, store };
  const trees = await boost(rowLists(lists, prior), objectiveOf(targets, settings), settings, options);
  return { kind: 'lambdamart', prior, trees };
}

/**
 * Each fold's trees, as many as are best over all lists that are held out.
 * @returns aligned with the folds, and how many trees they have
 */
export async function fitLambdaMartFolds(
  folds: readonly Fold[],
  settings: LambdaMartSettings,
  { seed, spill, ...job }: FitJob,
): Promise<{ readonly byFold: readonly TreeParameters[]; readonly rounds: number }> {
  using store = new BlockStore(spill);
  const started: Boosting[] = [];
  for (const { lists, targets, held, prior } of folds) {
    const options = { seed, store, held: rowLists(held.lists, prior), signal: job.signal };
    const own = await startBoosting(
      rowLists(lists, prior),
      objectiveOf(targets, settings),
      settings,
      options,
    );
    started.push(own);
  }
  const measure = (): number =>
    mean(started.flatMap(({ heldScores }, fold) => listGains(heldScores, folds[fold]!.held.targets.gains)));
  const { rounds } = await bestRounds(started, { trees: settings.trees, patience, measure, ...job });
  return {
    rounds,
    byFold: started.map(({ trees }, fold) => ({
      kind: 'lambdamart',
      prior: folds[fold]!.prior,
      trees: trees.slice(0, rounds),
    })),
  };
}

function objectiveOf(targets: Targets, { objective }: LambdaMartSettings): TreeObjective {
  if (objective === 'lambda-rank') {
    const options = { gain: lambdaGain[targets.kind], normalise: true, withValue: false };
    const losses = targets.gains.map((gains) => lambdaRankOf(gains, options));
    return (scores, list, into) => losses[list]!(scores, into);
  }
  return (scores, list) => {
    const { grad } = klDivergence(scores, targets.logits[list]!);
    // Lists of different length weigh alike; times the length, leaf values do not shrink with it.
    const n = scores.length;
    const q = logSoftmax(scores).map(Math.exp);
    return { grad: grad.map((x) => x * n), hessian: q.map((x) => x * (1 - x) * n) };
  };
}

function rowLists(lists: readonly TrainingList[], prior: readonly number[]): RowLists {
  const width = prior.length;
  const initial = new Float64Array(lists.reduce((sum, { features }) => sum + features.rows, 0));
  let from = 0;
  for (const { features } of lists) {
    initial.set(weighRows(prior, features.data, features.rows, width), from);
    from += features.rows;
  }
  return { lists: lists.map(({ features }) => features), features: width, initial };
}
