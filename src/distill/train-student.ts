import { makeFolds } from '../core/folds.js';
import type { JobOptions } from '../core/progress.js';
import { randomStream } from '../core/random.js';
import { createTurns } from '../core/turns.js';
import { mean } from '../core/vectors.js';
import type { FeatureSet } from './features/feature-set.js';
import { fitLambdaMart, fitLambdaMartFolds, type LambdaMartSettings } from './students/lambdamart.js';
import { fitLinear, type LinearSettings } from './students/linear.js';
import { fitMlp, fitMlpFolds, type MlpSettings } from './students/mlp.js';
import type { LossSettings } from './students/open-loss.js';
import { type Prior, priorWeights, scalePrior, smoothedPrior, untrainedPrior } from './students/prior.js';
import { type Parameters, type StudentKind, scoreFeatures } from './students/scorer.js';
import {
  type HeldOut,
  listGains,
  listsThatTeach,
  makeTargets,
  pickTargets,
  type Targets,
} from './students/targets.js';
import { checkTraining, type TrainingSettings } from './students/training-settings.js';
import { meanAndError } from './teachers/measure-teachers.js';
import { checkLists, type LabelKind, type TrainingList } from './training-list.js';
import { defaultBoost } from './trees/boost.js';

export interface TrainOptions extends JobOptions {
  readonly kind: StudentKind;
  readonly features: FeatureSet;
  readonly labels: LabelKind;
  readonly seed: number;
  /** The untrained ranking that the student corrects and must beat. @default untrainedPrior */
  readonly prior?: Prior;
  /** Folds of queries that settings are chosen on, at least 2. @default 5, or one a query below that */
  readonly folds?: number;
  /** Settings to choose from. @default a few a kind, from strongly regularised to less */
  readonly settings?: readonly StudentSettings[];
  /**
   * What the default settings are trained with: `loss` and `importance` for `linear` and `mlp`, `curriculum` for `mlp`. Trees
   * have objectives of their own. @default KL to the labels
   */
  readonly training?: TrainingSettings;
}

/** One entry of the grid. */
export type StudentSettings = { readonly temperature?: number } & (
  | ({ readonly kind: 'linear' } & LinearSettings)
  | ({ readonly kind: 'lambdamart' } & LambdaMartSettings)
  | ({ readonly kind: 'mlp' } & MlpSettings)
);

export interface Selection {
  /** For instance `ridge 0.1`, or `prior` for the untrained ranking. */
  readonly name: string;
  /** nDCG@10 against the labels on held-out queries, mean over queries. */
  readonly heldOut: number;
  /** Trees or epochs that were best on held-out queries, where training has rounds. */
  readonly rounds?: number;
  readonly chosen: boolean;
}

export interface Trained {
  readonly parameters: Parameters;
  /** What was tried, the prior first. */
  readonly selection: readonly Selection[];
  /**
   * Nothing trained was better on held-out queries by more than half a standard error, so the student is the prior, smoothed or not:
   * `linear`, whatever was asked for.
   */
  readonly priorOnly: boolean;
  /** Lists learned from, and lists of one passage or with equal labels, which teach nothing. */
  readonly lists: number;
  readonly skipped: number;
  /** Held-out scores of the chosen settings, by query id: what calibration may be fitted on. */
  readonly heldOutScores: ReadonlyMap<string, Float64Array>;
}

/** Standard errors of the paired differences by which a student must be better than the prior. */
const believedErrors = 0.5;

/**
 * Trains a student and chooses its settings by cross-validation over queries. The untrained prior takes part: where
 * nothing beats it on held-out queries by more than half a standard error, the student is the prior and says so, since
 * lists of a few dozen queries overfit at once. The same lists, options and seed give the same student.
 * @throws RankforgeError `too-little-data` with fewer than 4 lists that teach something; `duplicate-id`, `bad-file`
 * for values that are not finite; `unknown-name`, `usage` and `unsupported` for what it is trained with; the signal's reason
 */
export async function trainStudent(lists: readonly TrainingList[], options: TrainOptions): Promise<Trained> {
  const { kind, features, labels, seed, signal, onProgress } = options;
  checkLists(lists);
  const useful = listsThatTeach(lists, '30');
  const prior = priorWeights(options.prior ?? untrainedPrior(features), features.names);
  const grid = options.settings ?? defaultSettings(kind, options.training);
  const count = Math.min(Math.max(2, options.folds ?? 5), useful.length);
  const folds = makeFolds(useful.length, count, randomStream(seed, 'folds'));
  const { gains } = makeTargets(useful, labels);
  const tryOut = (name: string, { byFold, fitAll, rounds }: Fitted): Tried => {
    const scores = useful.map((list, i) =>
      scoreFeatures(byFold[folds.findIndex((fold) => fold.has(i))]!, list.features),
    );
    const values = listGains(scores, gains);
    return { name, rounds, fitAll, scores, values, heldOut: mean(values) };
  };

  const ofPrior = tryOut('prior', await fitPrior(useful, folds, prior, options));
  const untrained = [ofPrior];
  if (features.dense && !options.prior) {
    const smoothed = priorWeights(smoothedPrior, features.names);
    untrained.push(tryOut('smoothed', await fitPrior(useful, folds, smoothed, options)));
  }
  const tried = [...untrained];
  for (const [index, settings] of grid.entries()) {
    signal?.throwIfAborted();
    tried.push(tryOut(nameOf(settings), await fitFolds(useful, folds, settings, prior, options)));
    onProgress?.({ stage: `train ${kind}`, done: index + 1, total: grid.length + 1, unit: 'items' });
  }
  // Among several settings one is always best by chance, so to replace the prior it must be clearly better than it. A
  // whole standard error kept the prior in all folds of DL19 without embeddings (.467, and .474 with half of one).
  const believed = tried.filter(({ values, rounds }) => {
    const gain = meanAndError(values.map((value, i) => value - ofPrior.values[i]!));
    return rounds !== 0 && gain.mean > believedErrors * gain.error;
  });
  const best = believed.reduce((top, one) => (one.heldOut > top.heldOut ? one : top), ofPrior);
  signal?.throwIfAborted();
  const parameters = await best.fitAll();
  onProgress?.({ stage: `train ${kind}`, done: grid.length + 1, total: grid.length + 1, unit: 'items' });
  return {
    parameters,
    selection: tried.map((one) => ({
      name: one.name,
      heldOut: one.heldOut,
      ...(one.rounds === undefined ? {} : { rounds: one.rounds }),
      chosen: one === best,
    })),
    priorOnly: untrained.includes(best),
    lists: useful.length,
    skipped: lists.length - useful.length,
    heldOutScores: new Map(useful.map(({ queryId }, i) => [queryId, best.scores[i]!])),
  };
}

/** One entry of the grid on every fold. */
interface Fitted {
  /** Without each fold in turn. */
  readonly byFold: readonly Parameters[];
  /** On all lists, for as many rounds. */
  readonly fitAll: () => Promise<Parameters>;
  /** Trees or epochs. */
  readonly rounds?: number;
}

interface Tried extends Omit<Selection, 'chosen'>, Pick<Fitted, 'fitAll'> {
  /** Of each list, by a student that did not learn from it. */
  readonly scores: readonly Float64Array[];
  /** nDCG@10 of those scores against the labels. */
  readonly values: readonly number[];
}

type Folds = readonly ReadonlySet<number>[];

/** The prior alone, at the scale that fits the labels: calibration needs held-out scores on the student's own scale. */
async function fitPrior(
  lists: readonly TrainingList[],
  folds: Folds,
  prior: readonly number[],
  { labels, signal }: TrainOptions,
): Promise<Fitted> {
  const turn = createTurns(signal);
  const targets = makeTargets(lists, labels);
  const fitOn = async (held: ReadonlySet<number>): Promise<Parameters> => {
    await turn();
    const kept = partOf(lists, targets, (i) => !held.has(i));
    return { kind: 'linear', weights: scalePrior(prior, kept.lists, kept.targets) };
  };
  return { byFold: await inTurn(folds, fitOn), fitAll: () => fitOn(new Set()) };
}

/**
 * One entry of the grid. Rounds are those that are best on what is held out, over all folds, and each fold is then scored at them:
 * stopped on the very fold that is scored, the trained ones would be flattered.
 */
async function fitFolds(
  lists: readonly TrainingList[],
  folds: Folds,
  settings: StudentSettings,
  prior: readonly number[],
  { labels, seed, signal }: TrainOptions,
): Promise<Fitted> {
  const targets = makeTargets(lists, labels, settings);
  const job = { seed, signal };
  const turn = createTurns(signal);
  const parts = await inTurn(folds, async (fold) => {
    await turn();
    const kept = partOf(lists, targets, (i) => !fold.has(i));
    const held = partOf(lists, targets, (i) => fold.has(i));
    return { ...kept, held, prior: scalePrior(prior, kept.lists, kept.targets) };
  });
  const ofAll = () => scalePrior(prior, lists, targets);
  switch (settings.kind) {
    case 'linear': {
      const fitOn = (own: HeldOut, start: readonly number[]) =>
        fitLinear(own.lists, own.targets, settings, start, job);
      const byFold = await inTurn(parts, (part) => fitOn(part, part.prior));
      return { byFold, fitAll: () => fitOn({ lists, targets }, ofAll()) };
    }
    case 'lambdamart': {
      const { byFold, rounds } = await fitLambdaMartFolds(parts, settings, job);
      const chosen = { ...settings, trees: rounds };
      return { byFold, rounds, fitAll: () => fitLambdaMart(lists, targets, chosen, ofAll(), job) };
    }
    case 'mlp': {
      const { byFold, rounds } = await fitMlpFolds(parts, settings, job);
      const chosen = { ...settings, epochs: rounds, horizon: settings.epochs };
      return { byFold, rounds, fitAll: () => fitMlp(lists, targets, chosen, ofAll(), job) };
    }
  }
}

function partOf(lists: readonly TrainingList[], targets: Targets, isIn: (list: number) => boolean): HeldOut {
  const own = [...lists.keys()].filter(isIn);
  return { lists: own.map((i) => lists[i]!), targets: pickTargets(targets, own) };
}

/** One after the other: each has the thread to itself, and the memory. */
async function inTurn<T, U>(items: readonly T[], work: (item: T) => Promise<U>): Promise<U[]> {
  const results: U[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}

/** The grids: small, since choosing among many settings on a few dozen queries is itself a way to overfit. */
function defaultSettings(kind: StudentKind, training: TrainOptions['training'] = {}): StudentSettings[] {
  const { curriculum, ...loss } = training;
  checkTraining(kind, training);
  const trees = {
    ...defaultBoost,
    kind: 'lambdamart',
    trees: 200,
    learningRate: 0.05,
    l2: 5,
    featureFraction: 0.5,
    baggingFraction: 0.8,
  } as const;
  const mlp = { kind: 'mlp', ...loss, curriculum, epochs: 60, learningRate: 2e-3 } as const;
  switch (kind) {
    case 'linear':
      return [3, 1, 0.3, 0.1, 0.03, 0.01].map((ridge) => ({ kind, ridge, ...loss }));
    case 'lambdamart':
      return [
        { ...trees, objective: 'kl', leaves: 4 },
        { ...trees, objective: 'lambda-rank', leaves: 4 },
        { ...trees, objective: 'kl', leaves: 8 },
      ];
    case 'mlp':
      return [
        { ...mlp, hidden: [8], weightDecay: 0.5 },
        { ...mlp, hidden: [16], weightDecay: 0.05 },
        { ...mlp, hidden: [16, 8], weightDecay: 0.05 },
      ];
  }
}

function nameOf(settings: StudentSettings): string {
  switch (settings.kind) {
    case 'linear':
      return [`ridge ${settings.ridge}`, ...trainedBy(settings)].join(', ');
    case 'lambdamart':
      return `${settings.objective}, ${settings.leaves} leaves`;
    case 'mlp':
      return [
        settings.hidden.join('-'),
        `weight decay ${settings.weightDecay}`,
        ...trainedBy(settings),
        ...(settings.curriculum ? [settings.curriculum] : []),
      ].join(', ');
  }
}

const trainedBy = ({ loss, importance }: LossSettings): string[] => [
  ...(loss ? [loss] : []),
  ...(importance ? ['importance'] : []),
];
