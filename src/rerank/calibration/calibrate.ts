import { z } from 'zod';
import { RankforgeError } from '../../core/errors.js';
import { makeFolds } from '../../core/folds.js';
import { sigmoid } from '../../core/logistic.js';
import { randomStream } from '../../core/random.js';
import { mean } from '../../core/vectors.js';
import { fitIsotonic, isotonicAt } from './isotonic.js';
import { fitPlatt } from './platt.js';
import { expectedCalibrationError, type ReliabilityBin, reliabilityBins } from './reliability.js';

/** From a score to P(relevant), as plain JSON. */
export const Calibrator = z.discriminatedUnion('method', [
  /** 1 / (1 + e^(slope · score + offset)) */
  z.strictObject({ method: z.literal('platt'), slope: z.number(), offset: z.number() }),
  /** Linear between the points, flat outside. */
  z.strictObject({
    method: z.literal('isotonic'),
    scores: z.array(z.number()).readonly(),
    probabilities: z.array(z.number()).readonly(),
  }),
]);
export type Calibrator = z.infer<typeof Calibrator>;

/** Scores of one query's passages and whether each is relevant. */
export interface CalibrationList {
  readonly queryId: string;
  readonly scores: ArrayLike<number>;
  readonly relevant: readonly boolean[];
}

export interface Calibration {
  readonly calibrator: Calibrator;
  /** Held-out log loss by method: the lowest was chosen. */
  readonly logLoss: Readonly<Record<Calibrator['method'], number>>;
  /** Expected calibration error of the chosen one on held-out queries, 0 to 1. */
  readonly error: number;
  /** Of held-out probabilities, for a reliability diagram. */
  readonly bins: readonly ReliabilityBin[];
  readonly queries: number;
  readonly pairs: number;
  readonly relevant: number;
}

const methods = { platt: fitPlatt, isotonic: fitIsotonic };

/** P(relevant) of a score, 0 to 1. */
export function probabilityOf(calibrator: Calibrator, score: number): number {
  return calibrator.method === 'platt'
    ? sigmoid(-(calibrator.slope * score + calibrator.offset))
    : isotonicAt(calibrator, score);
}

/**
 * Fits Platt scaling and isotonic regression on scores of queries that the student was not trained on, and keeps the
 * one with the lower log loss on held-out queries. Probabilities rise with the score.
 * @throws RankforgeError `too-little-data` with fewer than 4 queries, or without both relevant and other passages
 */
export function calibrate(
  lists: readonly CalibrationList[],
  { seed, folds = 5 }: { readonly seed: number; readonly folds?: number },
): Calibration {
  const all = pairsOf(lists);
  const positives = all.relevant.filter(Boolean).length;
  if (lists.length < 4 || positives === 0 || positives === all.relevant.length) {
    throw new RankforgeError(
      'too-little-data',
      `${lists.length} queries with ${positives} relevant of ${all.relevant.length} passages calibrate nothing`,
      { where: 'calibration', hint: 'Give at least 4 queries with relevant and other passages.' },
    );
  }
  const heldOut = { platt: [] as [number, boolean][], isotonic: [] as [number, boolean][] };
  const random = randomStream(seed, 'calibration');
  for (const held of makeFolds(lists.length, Math.min(folds, lists.length), random)) {
    const kept = pairsOf(lists.filter((_, i) => !held.has(i)));
    const out = pairsOf(lists.filter((_, i) => held.has(i)));
    for (const method of ['platt', 'isotonic'] as const) {
      const fitted = methods[method](kept.scores, kept.relevant);
      out.scores.forEach((score, i) => {
        heldOut[method].push([probabilityOf(fitted, score), out.relevant[i]!]);
      });
    }
  }
  const logLoss = { platt: logLossOf(heldOut.platt), isotonic: logLossOf(heldOut.isotonic) };
  const method = logLoss.isotonic < logLoss.platt ? 'isotonic' : 'platt';
  return {
    calibrator: methods[method](all.scores, all.relevant),
    logLoss,
    error: expectedCalibrationError(heldOut[method]),
    bins: reliabilityBins(heldOut[method]),
    queries: lists.length,
    pairs: all.scores.length,
    relevant: positives,
  };
}

function pairsOf(lists: readonly CalibrationList[]): { scores: number[]; relevant: boolean[] } {
  return {
    scores: lists.flatMap(({ scores }) => Array.from(scores)),
    relevant: lists.flatMap(({ relevant }) => [...relevant]),
  };
}

function logLossOf(pairs: readonly (readonly [number, boolean])[]): number {
  // One pair that an isotonic step calls certain and is not would make the mean infinite.
  const clip = (p: number): number => Math.min(1 - 1e-4, Math.max(1e-4, p));
  return mean(pairs.map(([p, relevant]) => -Math.log(relevant ? clip(p) : 1 - clip(p))));
}
