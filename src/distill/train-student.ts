import type { Spill } from '../core/block-store.js';
import { RankforgeError } from '../core/errors.js';
import { makeGroupFolds } from '../core/folds.js';
import type { JobOptions } from '../core/progress.js';
import { randomStream } from '../core/random.js';
import { mean } from '../core/vectors.js';
import { type FalseNegativeFacts, trainPastFalseNegatives } from './curriculum/past-false-negatives.js';
import type { FeatureSet } from './features/feature-set.js';
import { beatsPrior } from './students/beats-prior.js';
import { type Fitted, fitFolds, fitPrior } from './students/fit-folds.js';
import { featureLoss } from './students/open-loss.js';
import { type Prior, priorWeights, smoothedPrior, untrainedPrior } from './students/prior.js';
import { type Heads, type Parameters, type StudentKind, scoreHeads } from './students/scorer.js';
import { defaultSettings, nameOf, type StudentSettings } from './students/student-settings.js';
import { listGains, listsThatTeach, makeTargets } from './students/targets.js';
import { checkTraining, type TrainingSettings } from './students/training-settings.js';
import { checkLists, type LabelKind, learnedPart, type TrainingList } from './training-list.js';

export interface TrainOptions extends JobOptions {
  readonly kind: StudentKind;
  readonly features: FeatureSet;
  readonly labels: LabelKind;
  readonly seed: number;
  /** The untrained ranking that the student corrects and must beat. @default untrainedPrior */
  readonly prior?: Prior;
  /** Folds of queries that settings are chosen on, at least 2. @default 5, or one a query below that */
  readonly folds?: number;
  /** By query id, the group whose queries are all in one fold: twins, which would else be trained and tested on. @default each alone */
  readonly groups?: ReadonlyMap<string, string>;
  /** Settings to choose from. @default a few a kind, from strongly regularised to less */
  readonly settings?: readonly StudentSettings[];
  /**
   * What the default settings are trained with: `loss` and `importance` for `linear` and `mlp`, `curriculum` and `twoHeads` for `mlp`.
   * Trees have objectives of their own. `falseNegatives` is for lists that say what nobody judged. @default KL to the labels
   */
  readonly training?: TrainingSettings;
  /** Where goes what is too large for memory while trees are grown. @default memory */
  readonly spill?: Spill;
}

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
   * Nothing trained was better on held-out queries by as much as `beatsPrior` asks, so the student is the prior, smoothed or not:
   * `linear`, whatever was asked for.
   */
  readonly priorOnly: boolean;
  /** Lists learned from, and lists of one passage or with equal labels, which teach nothing. */
  readonly lists: number;
  readonly skipped: number;
  /** What was done about passages that nobody judged. */
  readonly falseNegatives?: FalseNegativeFacts;
  /** Held-out scores of the chosen settings, by query id: what calibration may be fitted on. */
  readonly heldOutScores: ReadonlyMap<string, Float64Array>;
  /** Held-out logits of a second head, where the student has one: calibration is fitted on these then. */
  readonly heldOutLogits?: ReadonlyMap<string, Float64Array>;
}

/**
 * Trains a student and chooses its settings by cross-validation over queries. The untrained prior takes part: where
 * nothing beats it on held-out queries by more than half a standard error and .001 of nDCG@10, the student is the prior and says so, since
 * lists of a few dozen queries overfit at once. The same lists, options and seed give the same student.
 * @throws RankforgeError `too-little-data` with fewer than 4 lists that teach something, or all of one group; `duplicate-id`, `bad-file`
 * for values that are not finite; `unknown-name`, `usage` and `unsupported` for what it is trained with; the signal's reason
 */
export async function trainStudent(lists: readonly TrainingList[], options: TrainOptions): Promise<Trained> {
  const { falseNegatives: way, ...training } = options.training ?? {};
  if (!way) return crossValidate(lists, options);
  checkTraining(options.kind, options.training!);
  const { features, prior } = options;
  return trainPastFalseNegatives(
    lists,
    { way, features, prior, loss: training.loss ?? featureLoss },
    (own, seen) => crossValidate(own, { ...options, features: seen, training }),
  );
}

async function crossValidate(lists: readonly TrainingList[], options: TrainOptions): Promise<Trained> {
  const { kind, features, labels, seed, signal, onProgress } = options;
  checkLists(lists);
  const useful = listsThatTeach(lists, '30');
  listsThatTeach(useful.map(learnedPart), '30');
  const prior = priorWeights(options.prior ?? untrainedPrior(features), features.names);
  const grid = options.settings ?? defaultSettings(kind, options.training);
  const groups = useful.map(({ queryId }) => options.groups?.get(queryId) ?? queryId);
  const firsts = new Map([...groups.entries()].reverse().map(([i, group]) => [group, i]));
  if (firsts.size < 2) {
    throw new RankforgeError('too-little-data', `All ${useful.length} queries are of one group`, {
      where: `${lists.length} training lists`,
      hint: 'Give queries that differ: without one group there is nothing to learn from.',
    });
  }
  const count = Math.min(Math.max(2, options.folds ?? 5), firsts.size);
  const folds = makeGroupFolds(groups, count, randomStream(seed, 'folds'));
  const { gains } = makeTargets(useful, labels);
  // One of each group: counted twice, the same rows would pass for more proof than they are.
  const counted = [...useful.keys()].filter((i) => firsts.get(groups[i]!) === i);
  const tryOut = (name: string, { byFold, fitAll, rounds }: Fitted): Tried => {
    const heads = useful.map((list, i) =>
      scoreHeads(byFold[folds.findIndex((fold) => fold.has(i))]!, list.features),
    );
    const values = listGains(
      counted.map((i) => heads[i]!.ranking),
      counted.map((i) => gains[i]!),
    );
    return { about: { name, heldOut: mean(values), rounds }, fitAll, heads, values };
  };

  const ofPrior = tryOut('prior', await fitPrior(useful, folds, prior, options));
  const priorValues = ofPrior.values;
  const selection = [ofPrior.about];
  // Scores of the others are let go: of a million rows and six settings they are most of what is held.
  let best = ofPrior;
  const consider = (one: Tried): void => {
    selection.push(one.about);
    const { heldOut, rounds } = one.about;
    if (rounds !== 0 && heldOut > best.about.heldOut && beatsPrior(one.values, priorValues)) best = one;
  };
  if (features.dense && !options.prior) {
    const smoothed = priorWeights(smoothedPrior, features.names);
    consider(tryOut('smoothed', await fitPrior(useful, folds, smoothed, options)));
  }
  const untrained = [...selection];
  for (const [index, settings] of grid.entries()) {
    signal?.throwIfAborted();
    consider(tryOut(nameOf(settings), await fitFolds(useful, folds, settings, prior, options)));
    onProgress?.({ stage: `train ${kind}`, done: index + 1, total: grid.length + 1, unit: 'items' });
  }
  signal?.throwIfAborted();
  const parameters = await best.fitAll();
  onProgress?.({ stage: `train ${kind}`, done: grid.length + 1, total: grid.length + 1, unit: 'items' });
  return {
    parameters,
    selection: selection.map((one) => ({
      name: one.name,
      heldOut: one.heldOut,
      ...(one.rounds === undefined ? {} : { rounds: one.rounds }),
      chosen: one === best.about,
    })),
    priorOnly: untrained.includes(best.about),
    lists: useful.length,
    skipped: lists.length - useful.length,
    heldOutScores: new Map(useful.map(({ queryId }, i) => [queryId, best.heads[i]!.ranking])),
    ...(best.heads.every(({ probability }) => probability)
      ? { heldOutLogits: new Map(useful.map(({ queryId }, i) => [queryId, best.heads[i]!.probability!])) }
      : {}),
  };
}

interface Tried extends Pick<Fitted, 'fitAll'> {
  readonly about: Omit<Selection, 'chosen'>;
  /** Of each list, by a student that did not learn from it. */
  readonly heads: readonly Heads[];
  /** nDCG@10 of those rankings against the labels, of one list a group. */
  readonly values: readonly number[];
}
