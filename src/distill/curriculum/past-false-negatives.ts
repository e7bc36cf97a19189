import { RankforgeError } from '../../core/errors.js';
import { probabilityOf } from '../../rerank/calibration/calibrate.js';
import { fitPlatt } from '../../rerank/calibration/platt.js';
import { type FeatureSet, tellsOrder, withoutOrder } from '../features/feature-set.js';
import { parseLossMix } from '../losses/loss-mix.js';
import { checkWeighted } from '../students/open-loss.js';
import { type Prior, priorWeights, untrainedPrior } from '../students/prior.js';
import { scoreFeatures } from '../students/scorer.js';
import { teaches } from '../students/targets.js';
import type { TrainingList } from '../training-list.js';
import {
  correctForSelection,
  estimateSelection,
  keepSafeNegatives,
  type PartlyLabelled,
} from './false-negatives.js';

export const falseNegativeWays = ['drop', 'weigh'] as const;
/** What is done about passages that nobody judged: the likely relevant ones dropped, or all weighed by how likely they are. */
export type FalseNegativeWay = (typeof falseNegativeWays)[number];

/** What was done, for a card. */
export interface FalseNegativeFacts {
  readonly way: FalseNegativeWay;
  /** Passages that nobody judged, in the lists that were learned from. */
  readonly unjudged: number;
  /** Of these, left out. */
  readonly dropped?: number;
  /** How probable it is that a relevant passage was judged so, by every five ranks of the first stage. */
  readonly rates?: readonly number[];
}

export interface PastFalseNegativesOptions {
  readonly way: FalseNegativeWay;
  readonly features: FeatureSet;
  /** The untrained ranking: it has seen no label. @default untrainedPrior */
  readonly prior?: Prior;
  /** What is trained with: weights take losses that heed them. */
  readonly loss: string;
}

/**
 * Trains on lists that are corrected for what nobody judged. To weigh takes a plain student first: its held-out scores say how
 * probable it is that a passage is relevant, so no list is corrected by a student that learned from it. That student does not see the
 * first stage's order, which would explain away that judges went by it.
 * @param lists that say what nobody judged; to weigh, rows in the order of the first stage
 * @throws RankforgeError `unsupported` for lists that do not say it, a drop without an untrained ranking, weights with a loss that has none
 */
export async function trainPastFalseNegatives<
  L extends TrainingList,
  T extends { readonly heldOutScores: ReadonlyMap<string, Float64Array> },
>(
  lists: readonly L[],
  { way, features, prior: given, loss }: PastFalseNegativesOptions,
  train: (lists: readonly L[], features: FeatureSet, pass: 'plain' | 'corrected') => Promise<T>,
): Promise<T & { readonly falseNegatives: FalseNegativeFacts }> {
  const unjudged = lists.reduce(
    (sum, list) => sum + (teaches(list) ? unjudgedOf(list).filter(Boolean).length : 0),
    0,
  );
  if (way === 'drop') {
    const prior = priorWeights(given ?? untrainedPrior(features), features.names);
    if (prior.every((weight) => weight === 0)) throw noRanking();
    const presence = lists.map((list) => presenceBeside(list, prior));
    const dropped = presence.reduce((sum, own) => sum + own.filter((one) => one === 0).length, 0);
    const corrected = lists.map((list, i) => ({ ...list, presence: presence[i]! }));
    return { ...(await train(corrected, features, 'corrected')), falseNegatives: { way, unjudged, dropped } };
  }
  checkWeighted(parseLossMix(loss), loss);
  const blind = lists.map((list) => ({ ...list, features: withoutOrder(list.features) }));
  const names = features.names.filter((name) => !tellsOrder(name));
  const { heldOutScores } = await train(blind, { ...features, names, firstStage: false }, 'plain');
  const { rates, corrected } = weighByRank(lists, heldOutScores);
  return { ...(await train(corrected, features, 'corrected')), falseNegatives: { way, unjudged, rates } };
}

/** 0, left out, is what nobody judged and the untrained ranking puts about as high as the best positive. */
function presenceBeside(list: TrainingList, prior: readonly number[]): Float64Array {
  const unjudged = unjudgedOf(list);
  const safe = keepSafeNegatives(
    scoreFeatures({ kind: 'linear', weights: prior }, list.features),
    positivesOf(list),
  );
  return Float64Array.from(safe, (keep, row) => (keep || !unjudged[row] ? 1 : 0));
}

/**
 * Positives weigh by how rarely those of their rank are judged, and what nobody judged is there by the chance that it is not relevant.
 * @param heldOut by query id; lists without scores stay as they are
 */
function weighByRank<L extends TrainingList>(
  lists: readonly L[],
  heldOut: ReadonlyMap<string, Float64Array>,
): { readonly rates: readonly number[]; readonly corrected: readonly L[] } {
  const scored = lists.filter(({ queryId }) => heldOut.has(queryId));
  const platt = fitPlatt(
    scored.flatMap(({ queryId }) => [...heldOut.get(queryId)!]),
    scored.flatMap(positivesOf),
  );
  const partly = (list: L): PartlyLabelled => {
    const unjudged = unjudgedOf(list);
    // What was judged and is no positive is surely not relevant.
    const relevance = heldOut
      .get(list.queryId)!
      .map((score, row) => (unjudged[row] ? probabilityOf(platt, score) : 0));
    return { relevance, labelled: positivesOf(list) };
  };
  const rates = estimateSelection(scored.map(partly));
  const corrected = lists.map((list) =>
    heldOut.has(list.queryId) ? { ...list, ...correctForSelection(partly(list), rates) } : list,
  );
  return { rates, corrected };
}

const positivesOf = ({ labels }: TrainingList): boolean[] => Array.from(labels, (label) => label > 0);

function unjudgedOf({ queryId, unjudged }: TrainingList): readonly boolean[] {
  if (unjudged) return unjudged;
  throw judgedUnknown(queryId);
}

/** Of labels that leave nothing unjudged, or do not say what. */
export const judgedUnknown = (where: string): RankforgeError =>
  new RankforgeError('unsupported', 'It is not known which passages nobody judged', {
    where,
    hint: (spell) =>
      `Leave ${spell('falseNegatives')} out, or learn from judgements of a run's candidates: teachers, clicks and feature files do not tell.`,
  });

const noRanking = (): RankforgeError =>
  new RankforgeError('unsupported', 'There is no untrained ranking that could tell a false negative', {
    where: 'training.falseNegatives',
    hint: 'Give a prior, or weigh in place of dropping.',
  });
