import { z } from 'zod';
import { type Calibration, Calibrator } from '../../rerank/calibration/calibrate.js';
import { calibrationError } from './calibration-error.js';
import { precisionThreshold } from './precision-threshold.js';

const share = z.number().min(0).max(1);

/** What a student's card says of its probabilities. Only the first five are in older cards. */
export const CalibrationCard = z.strictObject({
  calibrator: Calibrator,
  /** Expected calibration error over ten bins of equal width, on held-out queries. */
  error: z.number(),
  queries: z.number().int(),
  pairs: z.number().int(),
  /** Whose judgements: hand-made, or the teacher's. */
  source: z.string(),
  /** On held-out queries, by way to fit: the lowest was taken. */
  logLoss: z.record(z.string(), z.number()).optional(),
  /** Over bins of equally many passages, with a 95 % interval over queries; `plain` is what chance has not been taken off. */
  expectedError: z
    .strictObject({ value: share, low: share, high: share, plain: share, bins: z.number().int() })
    .optional(),
  /** From which probability on a wanted share is relevant, with 95 % intervals over queries. */
  thresholds: z
    .array(
      z.strictObject({
        wanted: share,
        probability: share.optional(),
        precision: share,
        low: share,
        high: share,
        recall: share,
        shown: z.number().int(),
      }),
    )
    .readonly()
    .optional(),
});
export type CalibrationCard = z.infer<typeof CalibrationCard>;

export interface CalibrationCardOptions {
  readonly seed: number;
  /** Whose judgements it was fitted on, in words. */
  readonly source: string;
  /** Precisions that a threshold is wanted for. @default [0.5, 0.8, 0.9] */
  readonly precisions?: readonly number[];
}

/** A calibration as the card tells it: how far off its probabilities are, and where to cut for a wanted precision. */
export function calibrationCard(
  { calibrator, error, queries, pairs, logLoss, heldOut }: Calibration,
  { seed, source, precisions = [0.5, 0.8, 0.9] }: CalibrationCardOptions,
): CalibrationCard {
  return {
    calibrator,
    error,
    queries,
    pairs,
    source,
    logLoss,
    expectedError: calibrationError(heldOut, { seed }),
    thresholds: precisions.map((wanted) => precisionThreshold(heldOut, wanted, { seed })),
  };
}
