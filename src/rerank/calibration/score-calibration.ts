import { z } from 'zod';
import { RankforgeError } from '../../core/errors.js';
import type { Ranking } from '../../core/ranking.js';
import type { Qrels, Run } from '../../core/run.js';
import type { Comparator } from '../comparator.js';
import { readFitted, writeFitted } from '../fitted-file.js';
import { wrapped } from '../wrapped.js';
import { Calibrator, calibrate, probabilityOf } from './calibrate.js';
import { type JudgedListOptions, judgedLists } from './judged-lists.js';
import { checkScored } from './scored-depth.js';

/** From a comparator's score to P(relevant), with whose scores they were and how well it fits. As plain JSON. */
export const ScoreCalibration = z.strictObject({
  format: z.literal(1),
  /** Whose scores: others mean something else. */
  of: z.strictObject({
    comparator: z.string(),
    modelId: z.string().optional(),
    promptHash: z.string().optional(),
  }),
  /** The lowest grade that counts as relevant. */
  relevantFrom: z.number(),
  /** Candidates a query, from the first, whose scores it was fitted on: it holds for no others. Absent in older files. */
  depth: z.number().int().positive().optional(),
  calibrator: Calibrator,
  figures: z.strictObject({
    /** Expected calibration error on held-out queries, 0 to 1. */
    error: z.number(),
    /** Mean log loss on held-out queries, of every way to fit: the lowest was taken. Older files have no temperature. */
    logLoss: z.strictObject({ platt: z.number(), isotonic: z.number(), temperature: z.number().optional() }),
    queries: z.number().int(),
    pairs: z.number().int(),
    relevant: z.number().int(),
  }),
});
export type ScoreCalibration = z.infer<typeof ScoreCalibration>;

export interface FitCalibrationOptions extends JudgedListOptions {
  /** Draws the queries that are held out in turn. @default 0 */
  readonly seed?: number;
}

/**
 * Fits P(relevant) to the scores that a comparator gave judged queries' passages: Platt scaling, isotonic regression or a
 * temperature, whichever has the lowest log loss on held-out queries.
 * @param run the comparator's own scores: from the programs `pointwise` and `full`, as windows leave ranks; where only the
 * first ranks were reranked, `depth` says how many
 * @throws RankforgeError `too-little-data` with fewer than 4 queries, or without both relevant and other passages; `usage`
 * where no depth is given and the scores of most queries become ranks from some rank on
 */
export function fitCalibration(
  comparator: Pick<Comparator, 'name' | 'provenance'>,
  run: Run,
  qrels: Qrels,
  { seed = 0, ...judged }: FitCalibrationOptions = {},
): ScoreCalibration {
  const used = [...run].filter(([queryId]) => qrels.has(queryId)).map(([, list]) => list);
  if (judged.depth === undefined) checkScored(used);
  const lists = judgedLists(run, qrels, judged);
  const { calibrator, error, logLoss, queries, pairs, relevant } = calibrate(lists, { seed });
  const longest = Math.max(...used.map(({ length }) => length));
  return {
    format: 1,
    of: whoseScores(comparator),
    relevantFrom: judged.relevantFrom ?? 1,
    depth: Math.min(longest, judged.depth ?? longest),
    calibrator,
    figures: { error, logLoss, queries, pairs, relevant },
  };
}

/**
 * A comparator that says how probable it is that each passage is relevant, beside its scores. A reranker leaves out those
 * of candidates below the calibration's depth; where scores hang on the group, larger groups have no probabilities at all.
 * @throws RankforgeError `usage` for a calibration of another comparator, model or prompt
 */
export function calibratedComparator(comparator: Comparator, calibration: ScoreCalibration): Comparator {
  const own = whoseScores(comparator);
  for (const key of ['comparator', 'modelId', 'promptHash'] as const) {
    if (own[key] === calibration.of[key]) continue;
    throw new RankforgeError(
      'usage',
      `The calibration is of the scores of ${describe(calibration.of)}, not of ${describe(own)}`,
      { where: key, hint: 'Fit one on judged queries ranked in the same way.' },
    );
  }
  const { depth = Number.POSITIVE_INFINITY } = calibration;
  return {
    ...wrapped(comparator),
    calibratedDepth: depth,
    async compare(query, passages, options) {
      const comparison = await comparator.compare(query, passages, options);
      const { scores } = comparison;
      if (!scores || (!comparator.absolute && passages.length > depth)) return comparison;
      return {
        ...comparison,
        probabilities: scores.map((score) => probabilityOf(calibration.calibrator, score)),
      };
    },
  };
}

/**
 * A ranking with probabilities by its scores, for instance one that was fused: the run that it was fitted on must be too.
 * Ranks below the calibration's depth, or below the one that was reranked, get none.
 */
export function withProbabilities(
  ranking: Ranking,
  { calibrator, depth }: Pick<ScoreCalibration, 'calibrator' | 'depth'>,
): Ranking {
  const last = Math.min(depth ?? Number.POSITIVE_INFINITY, ranking.depth ?? Number.POSITIVE_INFINITY);
  return {
    ...ranking,
    items: ranking.items.map((item) =>
      item.rank > last ? item : { ...item, probability: probabilityOf(calibrator, item.score) },
    ),
  };
}

/** @throws RankforgeError `disk-full`, `no-permission` */
export const writeCalibration = (path: string, calibration: ScoreCalibration): Promise<void> =>
  writeFitted(path, calibration);

/** @throws RankforgeError `missing-file`, `bad-file` */
export const readCalibration = (path: string): Promise<ScoreCalibration> =>
  readFitted(path, ScoreCalibration, 'calibration');

function whoseScores({ name, provenance }: Pick<Comparator, 'name' | 'provenance'>): ScoreCalibration['of'] {
  return {
    comparator: name,
    ...(provenance?.modelId === undefined ? {} : { modelId: provenance.modelId }),
    ...(provenance?.promptHash === undefined ? {} : { promptHash: provenance.promptHash }),
  };
}

const describe = ({ comparator, modelId, promptHash }: ScoreCalibration['of']): string =>
  [comparator, modelId, promptHash && `prompt ${promptHash.slice(0, 8)}`].filter(Boolean).join(' with ');
