import { RankforgeError } from '../core/errors.js';
import type { Passage } from '../core/passage.js';
import type { JobOptions } from '../core/progress.js';
import type { Query } from '../core/query.js';
import { zScores } from '../core/vectors.js';
import type { EmbeddingModel } from '../models/embedding-model.js';
import { embedList, type FeatureExtractor, type ListVectors } from './features/extractor.js';
import type { FeatureMatrix } from './features/feature-set.js';

/** What the labels are: grades 0 to 3, or a teacher's scores, comparable inside one list only. */
export type LabelKind = 'grades' | 'scores';

/** One query's candidates as a student learns from them. */
export interface TrainingList {
  readonly queryId: string;
  readonly features: FeatureMatrix;
  /** Aligned with the rows. */
  readonly labels: Float64Array;
  /** How hard passages of the query are to tell from the best, 0 to 1, where that was recorded: what a curriculum goes by. */
  readonly hardness?: Float64Array;
  /** How much each item counts, and how far against better ones, as `LossContext` has them; what is not 0 or 1 is for losses that heed weights. */
  readonly weights?: Float64Array;
  /** 0 leaves a row out of learning, whatever the loss. */
  readonly presence?: Float64Array;
  /** Which rows nobody judged, where labels are judgements: their label, 0, is no verdict. */
  readonly unjudged?: readonly boolean[];
}

/** One query's candidates with what the teacher says of them. */
export interface LabelledCandidates {
  readonly query: Query;
  readonly passages: readonly Passage[];
  /** Aligned with `passages`, finite. */
  readonly labels: readonly number[];
  /** Of the passages that it was recorded for, 0 to 1: these or others of the query. */
  readonly hardness?: readonly number[];
  /** Which of the passages nobody judged, where labels are judgements. */
  readonly unjudged?: readonly boolean[];
}

export interface BuildListsOptions extends JobOptions {
  /** Embeds queries and passages, where the features need vectors. */
  readonly encoder?: EmbeddingModel;
  /** Vectors from elsewhere, for instance a dense index. */
  readonly vectorsOf?: (candidates: LabelledCandidates) => ListVectors;
}

/**
 * Features and labels of every query. Lists of one passage and lists whose labels are all equal are kept: they are
 * counted by the trainer, which learns nothing from them.
 * @throws RankforgeError `duplicate-id` for a query given twice, `bad-file` for a label that is not finite
 */
export async function buildTrainingLists(
  items: readonly LabelledCandidates[],
  extractor: FeatureExtractor,
  { encoder, vectorsOf, signal, onProgress }: BuildListsOptions = {},
): Promise<TrainingList[]> {
  const lists: TrainingList[] = [];
  for (const item of items) {
    signal?.throwIfAborted();
    checkLabels(item);
    const vectors =
      vectorsOf?.(item) ??
      (encoder && extractor.set.dense
        ? await embedList(encoder, item.query, item.passages, { signal })
        : undefined);
    lists.push({
      queryId: item.query.id,
      features: extractor.extract(item.query, item.passages, vectors),
      labels: Float64Array.from(item.labels),
      ...(item.hardness ? { hardness: Float64Array.from(item.hardness) } : {}),
      ...(item.unjudged ? { unjudged: item.unjudged } : {}),
    });
    onProgress?.({ stage: 'features', done: lists.length, total: items.length, unit: 'items' });
  }
  checkLists(lists);
  return lists;
}

function checkLabels({ query, passages, labels }: LabelledCandidates): void {
  const bad = labels.findIndex((label) => !Number.isFinite(label));
  if (bad < 0 && labels.length === passages.length) return;
  const what =
    bad < 0 ? `${labels.length} labels for ${passages.length} passages` : `the label ${labels[bad]}`;
  throw new RankforgeError('bad-file', `Query "${query.id}" has ${what}`, {
    where: bad < 0 ? query.id : `${query.id} ${passages[bad]?.id ?? ''}`,
    hint: 'Give each passage one finite label; leave out passages that the teacher did not score.',
  });
}

/** @throws RankforgeError `duplicate-id`, `bad-file` when features, labels or hardness are not finite */
export function checkLists(lists: readonly TrainingList[]): void {
  const seen = new Set<string>();
  for (const { queryId, features, labels, hardness = [], weights = [], presence = [] } of lists) {
    if (seen.has(queryId)) {
      throw new RankforgeError('duplicate-id', `Query "${queryId}" is in the training lists twice`, {
        where: queryId,
        hint: 'Give each query once, or folds that hold it out would have seen it.',
      });
    }
    seen.add(queryId);
    const finite = [features.data, labels, hardness].every((values) => values.every(Number.isFinite));
    const counts = [...weights, ...presence].every((value) => value >= 0 && value < Number.POSITIVE_INFINITY);
    if (finite && counts) continue;
    throw new RankforgeError(
      'bad-file',
      `Query "${queryId}" has a feature, label, hardness or weight that is not finite, or a weight below 0`,
      {
        where: queryId,
        hint: 'Look at the scores that went in: NaN and infinities teach nothing.',
      },
    );
  }
}

/** The rows that are learned from. */
export const presentRows = ({ labels, presence }: Pick<TrainingList, 'labels' | 'presence'>): number[] =>
  [...labels.keys()].filter((row) => presence?.[row] !== 0);

/** A list as it is learned from: without the rows whose presence is 0, as if they were not there. */
export function learnedPart(list: TrainingList): TrainingList {
  const { features, labels, weights, presence, unjudged } = list;
  if (!presence) return list;
  const rows = presentRows(list);
  const pick = (values: Float64Array): Float64Array => Float64Array.from(rows, (row) => values[row]!);
  const { names, data } = features;
  const width = names.length;
  const partly = presence.some((one) => one > 0 && one < 1);
  return {
    ...list,
    features: {
      names,
      rows: rows.length,
      data: Float64Array.from(
        { length: rows.length * width },
        (_, i) => data[rows[Math.floor(i / width)]! * width + (i % width)]!,
      ),
    },
    labels: pick(labels),
    weights: weights && pick(weights),
    presence: partly ? pick(presence) : undefined,
    unjudged: unjudged && rows.map((row) => unjudged[row]!),
  };
}

/**
 * What each item is worth, for nDCG against a teacher: grades as they are; of scores 2^z − 1, z the deviations above
 * the list's mean, at most 3. A list whose scores are all equal has no gains.
 */
export function gainsOf(labels: Float64Array, kind: LabelKind): number[] {
  if (kind === 'grades') return Array.from(labels, (grade) => Math.max(0, grade));
  return zScores([...labels]).map((z) => 2 ** Math.min(3, Math.max(0, z)) - 1);
}

/**
 * Scores of a teacher that only gave an order: −ln rank, which falls fastest at the top, as nDCG's discount does.
 * @param ranks from 1
 */
export const scoresFromRanks = (ranks: readonly number[]): number[] => ranks.map((rank) => -Math.log(rank));
