import { RankforgeError } from '../../core/errors.js';

export interface PositiveAware {
  /** A candidate must score below this share of the positive's score (TopK-PercPos), above 0 and at most 1. */
  readonly belowShare?: number;
  /** A candidate must score below the positive's score by this much (TopK-MarginPos), 0 or more, in the retriever's own units. */
  readonly belowMargin?: number;
}

/**
 * The score that candidates must be below. Where both thresholds are set the stricter one holds, and with neither it is Infinity.
 *
 * A share p of a positive score s is p · s, as published. Scores may be negative (log-odds, cosines), and p · s would then be above
 * the positive, so what is taken off is a part of its size: s − (1 − p) · |s|, which is the same for s ≥ 0.
 * @throws RankforgeError `usage` for a share or margin out of range
 * @see Moreira et al. 2024 (NV-Retriever), arXiv:2407.15831, section 4.1
 */
export function positiveCeiling(positive: number, { belowShare, belowMargin }: PositiveAware): number {
  checkPositiveAware({ belowShare, belowMargin });
  const byShare =
    belowShare === undefined ? Number.POSITIVE_INFINITY : positive - (1 - belowShare) * Math.abs(positive);
  const byMargin = belowMargin === undefined ? Number.POSITIVE_INFINITY : positive - belowMargin;
  return Math.min(byShare, byMargin);
}

/** Whether candidates are held to the positive's score at all. */
export const isPositiveAware = ({ belowShare, belowMargin }: PositiveAware): boolean =>
  belowShare !== undefined || belowMargin !== undefined;

/** @throws RankforgeError `usage` */
export function checkPositiveAware({ belowShare, belowMargin }: PositiveAware): void {
  const hint = 'Correct the threshold.';
  if (belowShare !== undefined && !(belowShare > 0 && belowShare <= 1)) {
    throw new RankforgeError('usage', `belowShare must be above 0 and at most 1, not ${belowShare}`, {
      where: 'belowShare',
      hint,
    });
  }
  if (belowMargin !== undefined && !(belowMargin >= 0 && belowMargin < Number.POSITIVE_INFINITY)) {
    throw new RankforgeError('usage', `belowMargin must be 0 or more, not ${belowMargin}`, {
      where: 'belowMargin',
      hint,
    });
  }
}
