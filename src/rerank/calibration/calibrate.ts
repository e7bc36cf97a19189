import { z } from 'zod';
import { RankforgeError } from '../../core/errors.js';
import { makeFolds } from '../../core/folds.js';
import { sigmoid } from '../../core/logistic.js';
import { randomStream } from '../../core/random.js';
import { mean } from '../../core/vectors.js';
import { fitIsotonic, isotonicAt } from './isotonic.js';
import { fitPlatt } from './platt.js';
import { expectedCalibrationError, type ReliabilityBin, reliabilityBins } from './reliability.js';
import { fitTemperature } from './temperature.js';

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
  /** 1 / (1 + e^(−score / temperature)) */
  z.strictObject({ method: z.literal('temperature'), temperature: z.number().positive() }),
]);
export type Calibrator = z.infer<typeof Calibrator>;

/** Scores of one query's passages and whether each is relevant. */
export interface CalibrationList {
  readonly queryId: string;
  readonly scores: ArrayLike<number>;
  readonly relevant: readonly boolean[];
}

/** Probabilities of one query's passages from a calibrator that was not fitted on that query. */
export interface HeldOutList {
  readonly queryId: string;
  readonly probabilities: readonly number[];
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
  /** The held-out probabilities themselves, by the chosen method. */
  readonly heldOut: readonly HeldOutList[];
  readonly queries: number;
  readonly pairs: number;
  readonly relevant: number;
}

const fits = { platt: fitPlatt, isotonic: fitIsotonic, temperature: fitTemperature };
const methods = ['platt', 'isotonic', 'temperature'] as const satisfies readonly (keyof typeof fits)[];

/** P(relevant) of a score, 0 to 1. */
export function probabilityOf(calibrator: Calibrator, score: number): number {
  switch (calibrator.method) {
    case 'platt':
      return sigmoid(-(calibrator.slope * score + calibrator.offset));
    case 'isotonic':
      return isotonicAt(calibrator, score);
    case 'temperature':
      return sigmoid(score / calibrator.temperature);
  }
}

/**
 * Fits Platt scaling, isotonic regression and a temperature on scores of queries that the student was not trained on, and keeps
 * the one with the lowest log loss on held-out queries. Probabilities never fall with the score.
 * @throws RankforgeError `too-little-data` with fewer than 4 queries, or without both relevant and other passages
 */
export function calibrate(
  lists: readonly CalibrationList[],
  { seed, folds: foldCount = 5 }: { readonly seed: number; readonly folds?: number },
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
  const folds = makeFolds(lists.length, Math.min(foldCount, lists.length), randomStream(seed, 'calibration'));
  const kept = folds.map((fold) => pairsOf(lists.filter((_, i) => !fold.has(i))));
  const tried = methods.map((method) => {
    const byFold = kept.map(({ scores, relevant }) => fits[method](scores, relevant));
    const heldOut = lists.map(({ queryId, scores, relevant }, i): HeldOutList => {
      const fitted = byFold[folds.findIndex((fold) => fold.has(i))]!;
      return { queryId, probabilities: Array.from(scores, (s) => probabilityOf(fitted, s)), relevant };
    });
    const pairs = heldOut.flatMap(({ probabilities, relevant }) =>
      probabilities.map((p, i) => [p, relevant[i]!] as const),
    );
    return { method, heldOut, pairs, logLoss: logLossOf(pairs) };
  });
  const best = tried.reduce((top, one) => (one.logLoss < top.logLoss ? one : top));
  return {
    calibrator: fits[best.method](all.scores, all.relevant),
    logLoss: Object.fromEntries(
      tried.map(({ method, logLoss }) => [method, logLoss]),
    ) as Calibration['logLoss'],
    error: expectedCalibrationError(best.pairs),
    bins: reliabilityBins(best.pairs),
    heldOut: best.heldOut,
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
