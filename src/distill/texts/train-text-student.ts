import { join } from 'node:path';
import { makeFolds } from '../../core/folds.js';
import { hashValue } from '../../core/hash.js';
import type { JobOptions } from '../../core/progress.js';
import { randomStream } from '../../core/random.js';
import { createTurns } from '../../core/turns.js';
import { trainPastFalseNegatives } from '../curriculum/past-false-negatives.js';
import type { FeatureSet } from '../features/feature-set.js';
import type { Parameters } from '../neural/parameters.js';
import { type LossSettings, openLoss } from '../students/open-loss.js';
import { type Prior, priorWeights, scalePrior, untrainedPrior } from '../students/prior.js';
import { weighRows } from '../students/scorer.js';
import { listsThatTeach, makeTargets, meanGain, teaches } from '../students/targets.js';
import { lossOf, type TrainingSettings } from '../students/training-settings.js';
import type { Trained } from '../train-student.js';
import { checkLists, type LabelKind, learnedPart, presentRows, type TrainingList } from '../training-list.js';
import { chooseVariant, type HeldOutRun } from './choose-variant.js';
import { type FitOptions, fitNetwork, type TextData } from './fit-network.js';
import { type EpochScores, RunRecord } from './run-record.js';
import type { TextArchitecture } from './text-architecture.js';
import type { TextReader } from './text-reader.js';

/** One query's candidates with their texts; the features are what the untrained prior is made from. */
export interface TextList extends TrainingList {
  readonly query: string;
  /** Aligned with the rows. */
  readonly passages: readonly string[];
}

export interface TrainTextOptions extends JobOptions {
  readonly features: FeatureSet;
  readonly labels: LabelKind;
  readonly seed: number;
  /** The untrained ranking that the student must beat, and may be added to. @default untrainedPrior */
  readonly prior?: Prior;
  /** Folds of queries that are held out in turn, at least 2. @default 3 */
  readonly folds?: number;
  /** The most epochs; held-out queries may end it before. @default the architecture's */
  readonly epochs?: number;
  /** Epochs without a better one before a fold ends. @default 3 */
  readonly patience?: number;
  /** Queries of an optimiser step. @default 4 */
  readonly listsPerStep?: number;
  /** Passages a query that an epoch learns from. @default 24 */
  readonly passagesPerList?: number;
  /** @default as `lossOf` */
  readonly training?: LossSettings & Pick<TrainingSettings, 'falseNegatives'>;
  /** Where a stopped training leaves what it goes on from. @default nowhere: it starts again */
  readonly folder?: string;
  /** Of ONNX Runtime; another number may change the last bits. @default the machine's cores, at most 8 */
  readonly threads?: number;
}

export interface TrainedText extends Trained {
  /** Nothing where the student is the prior. */
  readonly reader?: TextReader;
}

/**
 * Trains a student that reads texts. Each fold of queries is held out in turn and scored after every epoch; the epochs that are
 * best over all folds are then trained on all queries. Besides the network as it is, the mean of its last checkpoints and the
 * sum with the untrained prior are tried, and what is not better on held-out queries is left out. The same lists, settings and
 * seed give the same student, also through a stop and a resume.
 * @throws RankforgeError `too-little-data` with fewer than 4 lists that teach something; `duplicate-id`, `bad-file`,
 * `unknown-name`, `usage`, `unsupported`, `diverged`, `missing-package`; the signal's reason
 */
export async function trainTextStudent<Row>(
  lists: readonly TextList[],
  architecture: TextArchitecture<Row>,
  options: TrainTextOptions,
): Promise<TrainedText> {
  const { falseNegatives: way, ...training } = options.training ?? {};
  if (!way) return crossValidate(lists, architecture, options);
  const { features, labels, folder, prior } = options;
  return trainPastFalseNegatives(
    lists,
    {
      way,
      features,
      prior,
      loss: lossOf(architecture.kind, labels, training)!,
    },
    (own, seen, pass) =>
      crossValidate(own, architecture, {
        ...options,
        features: seen,
        training,
        // Each pass goes on from its own record.
        folder: folder === undefined ? undefined : join(folder, pass),
      }),
  );
}

async function crossValidate<Row>(
  lists: readonly TextList[],
  architecture: TextArchitecture<Row>,
  options: TrainTextOptions,
): Promise<TrainedText> {
  const { labels, seed, folder, signal } = options;
  checkLists(lists);
  const useful = listsThatTeach(lists, 'some hundreds');
  const learned = useful.map(learnedPart);
  listsThatTeach(learned, 'some hundreds');
  const { gains } = makeTargets(useful, labels);
  const targets = makeTargets(learned, labels);
  const allRows = await readLists(useful, architecture, signal);
  const data: TextData<Row> = {
    queryIds: useful.map(({ queryId }) => queryId),
    rows: allRows.map((rows, i) => presentRows(useful[i]!).map((row) => rows[row]!)),
    allRows,
    targets,
    loss: openLoss(learned, targets, {
      ...options.training,
      loss: lossOf(architecture.kind, labels, options.training),
    }),
  };
  const {
    epochs = architecture.epochs,
    patience = 3,
    listsPerStep = 4,
    passagesPerList = 24,
    threads,
  } = options;
  const settings = hashValue({
    architecture: architecture.settings,
    lists: useful.map(({ queryId, query, passages, labels: own, weights = [], presence = [] }) => [
      ...[queryId, query, passages, [...own]],
      ...(weights.length + presence.length > 0 ? [[...weights], [...presence]] : []),
    ]),
    numbers: [labels, seed, epochs, patience, listsPerStep, passagesPerList, options.folds ?? null],
    training: options.training ?? null,
  });
  const train = async (name: string, held: ReadonlySet<number>, until: number): Promise<Fitted> => {
    const all = [...useful.keys()];
    const out = all.filter((i) => held.has(i));
    const record = await RunRecord.open(folder, name, settings);
    const fitting: FitOptions = {
      ...{ seed, epochs, until, patience, listsPerStep, passagesPerList, threads, record, signal },
      settings: `${name} ${settings}`,
      onProgress: (progress) =>
        options.onProgress?.({ ...progress, stage: `train ${architecture.kind}, ${name}` }),
    };
    const ownGains = out.map((i) => gains[i]!);
    const parameters = await fitNetwork(
      architecture,
      data,
      {
        kept: all.filter((i) => !held.has(i) && teaches(learned[i]!)),
        held: out,
        measure: (scores) => meanGain(scores, ownGains),
      },
      fitting,
    );
    return { parameters, record, lists: out };
  };

  const count = Math.min(Math.max(2, options.folds ?? 3), useful.length);
  const folds = makeFolds(useful.length, count, randomStream(seed, 'folds'));
  const priorBy = folds.map((fold) => scaledPrior(learned, fold, options));
  const priorScores = priorOf(useful, folds, priorBy);
  const runs: HeldOutRun[] = [];
  for (const [i, fold] of folds.entries()) {
    // The weights of a fold are let go: an encoder's take a hundred megabytes.
    const { record, lists: held } = await train(`fold-${i + 1}`, fold, epochs);
    runs.push({ lists: held, scores: record.scores });
  }

  const { best, selection, rounds } = chooseVariant(runs, priorScores, gains);
  const weights = scaledPrior(learned, new Set(), options);
  return {
    parameters: { kind: 'linear', weights: best.prior ? weights : weights.map(() => 0) },
    selection,
    priorOnly: best.network === undefined,
    lists: useful.length,
    skipped: lists.length - useful.length,
    heldOutScores: new Map(useful.map(({ queryId }, i) => [queryId, best.scores[i]!])),
    ...(best.network ? { reader: await finish(best.network) } : {}),
  };

  async function finish(network: keyof EpochScores): Promise<TextReader> {
    const { parameters, record } = await train('all', new Set(), rounds);
    return architecture.finish(network === 'soup' ? await record.soup(rounds) : parameters);
  }
}

interface Fitted {
  readonly parameters: Parameters;
  readonly record: RunRecord;
  /** The lists that were held out. */
  readonly lists: readonly number[];
}

async function readLists<Row>(
  lists: readonly TextList[],
  architecture: TextArchitecture<Row>,
  signal: AbortSignal | undefined,
): Promise<Row[][]> {
  const turn = createTurns(signal);
  const rows: Row[][] = [];
  for (const { query, passages } of lists) {
    await turn();
    rows.push(architecture.read(query, passages));
  }
  return rows;
}

/** The prior at the scale that fits the labels of the lists that are kept. */
function scaledPrior(
  lists: readonly TrainingList[],
  held: ReadonlySet<number>,
  { features, labels, prior = untrainedPrior(features) }: TrainTextOptions,
): number[] {
  const kept = lists.filter((_, i) => !held.has(i));
  return scalePrior(priorWeights(prior, features.names), kept, makeTargets(kept, labels));
}

const priorOf = (
  lists: readonly TextList[],
  folds: readonly ReadonlySet<number>[],
  weights: readonly (readonly number[])[],
): Float64Array[] =>
  lists.map(({ features }, i) =>
    weighRows(
      weights[folds.findIndex((fold) => fold.has(i))]!,
      features.data,
      features.rows,
      features.names.length,
    ),
  );
