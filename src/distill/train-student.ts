import { RankforgeError } from '../core/errors.js';
import { makeFolds } from '../core/folds.js';
import type { JobOptions } from '../core/progress.js';
import { randomStream } from '../core/random.js';
import { mean } from '../core/vectors.js';
import type { FeatureSet } from './features/feature-set.js';
import { fitLambdaMart, type LambdaMartSettings } from './students/lambdamart.js';
import { fitLinear, type LinearSettings } from './students/linear.js';
import { fitMlp, type MlpSettings } from './students/mlp.js';
import type { LossSettings } from './students/open-loss.js';
import { type Prior, priorWeights, scalePrior, smoothedPrior, untrainedPrior } from './students/prior.js';
import { type Parameters, type StudentKind, scoreFeatures } from './students/scorer.js';
import { listGains, listsThatTeach, makeTargets } from './students/targets.js';
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
  readonly training?: LossSettings & Pick<MlpSettings, 'curriculum'>;
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
export function trainStudent(lists: readonly TrainingList[], options: TrainOptions): Trained {
  const { kind, features, labels, seed, signal, onProgress } = options;
  checkLists(lists);
  const useful = listsThatTeach(lists, '30');
  const prior = priorWeights(options.prior ?? untrainedPrior(features), features.names);
  const grid = options.settings ?? defaultSettings(kind, options.training);
  const count = Math.min(Math.max(2, options.folds ?? 5), useful.length);
  const folds = makeFolds(useful.length, count, randomStream(seed, 'folds'));
  const gains = makeTargets(useful, labels).gains;
  const tryOut = (name: string, fitOn: Fit, rounds?: number): Tried => {
    const byFold = folds.map((fold) => fitOn(fold));
    const scores = useful.map((list, i) =>
      scoreFeatures(byFold[folds.findIndex((fold) => fold.has(i))]!, list.features),
    );
    const values = listGains(scores, gains);
    return { name, rounds, fitOn, scores, values, heldOut: mean(values) };
  };

  const ofPrior = tryOut('prior', (held) => fitPrior(useful, held, prior, labels));
  const untrained = [ofPrior];
  if (features.dense && !options.prior) {
    const smoothed = priorWeights(smoothedPrior, features.names);
    untrained.push(tryOut('smoothed', (held) => fitPrior(useful, held, smoothed, labels)));
  }
  const tried = [...untrained];
  for (const [index, settings] of grid.entries()) {
    const fitWith = (held: ReadonlySet<number>, rounds: Rounds) =>
      fitFold(useful, held, settings, prior, options, rounds);
    // Early stopping on the very fold that is scored would flatter the trained ones: rounds are the folds' median, and
    // each fold is then scored at it.
    const rounds =
      settings.kind === 'linear'
        ? undefined
        : median(folds.map((fold) => fitWith(fold, 'stop early').rounds));
    tried.push(tryOut(nameOf(settings), (held) => fitWith(held, rounds ?? 0).parameters, rounds));
    signal?.throwIfAborted();
    onProgress?.({ stage: `train ${kind}`, done: index + 1, total: grid.length + 1, unit: 'items' });
  }
  // Among several settings one is always best by chance, so to replace the prior it must be clearly better than it. A
  // whole standard error kept the prior in all folds of DL19 without embeddings (.467, and .474 with half of one).
  const believed = tried.filter(({ values, rounds }) => {
    const gain = meanAndError(values.map((value, i) => value - ofPrior.values[i]!));
    return rounds !== 0 && gain.mean > believedErrors * gain.error;
  });
  const best = believed.reduce((top, one) => (one.heldOut > top.heldOut ? one : top), ofPrior);
  const parameters = best.fitOn(new Set());
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

/** Fits on all lists but those held out. */
type Fit = (held: ReadonlySet<number>) => Parameters;

interface Tried extends Omit<Selection, 'chosen'> {
  readonly fitOn: Fit;
  /** Of each list, by a student that did not learn from it. */
  readonly scores: readonly Float64Array[];
  /** nDCG@10 of those scores against the labels. */
  readonly values: readonly number[];
}

/** Trees or epochs; or as many as are best on what is held out. */
type Rounds = number | 'stop early';

/** The prior alone, at the scale that fits the labels: calibration needs held-out scores on the student's own scale. */
function fitPrior(
  lists: readonly TrainingList[],
  held: ReadonlySet<number>,
  prior: readonly number[],
  labels: LabelKind,
): Parameters {
  const kept = lists.filter((_, i) => !held.has(i));
  return { kind: 'linear', weights: scalePrior(prior, kept, makeTargets(kept, labels)) };
}

function fitFold(
  lists: readonly TrainingList[],
  held: ReadonlySet<number>,
  settings: StudentSettings,
  prior: readonly number[],
  { labels, seed, signal }: TrainOptions,
  rounds: Rounds,
): { readonly parameters: Parameters; readonly rounds: number } {
  signal?.throwIfAborted();
  const kept = lists.filter((_, i) => !held.has(i));
  const targets = makeTargets(kept, labels, settings);
  const start = scalePrior(prior, kept, targets);
  if (settings.kind === 'linear')
    return { parameters: fitLinear(kept, targets, settings, start, { seed, signal }), rounds: 0 };
  const out = lists.filter((_, i) => held.has(i));
  const early = rounds === 'stop early';
  const validation = early ? { lists: out, targets: makeTargets(out, labels, settings) } : undefined;
  const job = { seed, signal, validation };
  return settings.kind === 'lambdamart'
    ? fitLambdaMart(kept, targets, early ? settings : { ...settings, trees: rounds }, start, job)
    : fitMlp(
        kept,
        targets,
        early ? settings : { ...settings, epochs: rounds, horizon: settings.epochs },
        start,
        job,
      );
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

/** The grids: small, since choosing among many settings on a few dozen queries is itself a way to overfit. */
function defaultSettings(kind: StudentKind, training: TrainOptions['training'] = {}): StudentSettings[] {
  const { curriculum, ...loss } = training;
  const heeded = {
    linear: ['loss', 'importance'],
    mlp: ['loss', 'importance', 'curriculum'],
    lambdamart: [],
  };
  const deaf = Object.keys(training).find((name) => !(heeded[kind] as string[]).includes(name));
  if (deaf) {
    throw new RankforgeError('unsupported', `The student "${kind}" has no setting "${deaf}"`, {
      where: `training.${deaf}`,
      hint: `Leave it out, or train ${kind === 'linear' ? 'mlp' : 'linear or mlp'}.`,
    });
  }
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
