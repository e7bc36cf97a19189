import type { CalibrationList } from '../calibration/calibrate.js';

/** What a cut-off may do wrong, and in which order thresholds are tried: from those that surely do not. */
export interface Risk {
  /** What of one query is lost with this threshold, 0 to 1. */
  loss(list: CalibrationList, threshold: number): number;
  /** The strictest threshold first, or the laxest. */
  readonly from: 'strict' | 'lax';
  readonly summary: string;
}

/** The risks that can be bounded. */
export const risks = {
  /** 1 − precision of what is kept; 0 where nothing is. */
  'irrelevant-kept': {
    summary: 'the share of what is kept that is not relevant',
    from: 'strict',
    loss: ({ scores, relevant }, threshold) => {
      const kept = relevant.filter((_, index) => scores[index]! >= threshold);
      return kept.length === 0 ? 0 : kept.filter((yes) => !yes).length / kept.length;
    },
  },
  /** 1 − recall among the candidates; 0 where none of them is relevant. */
  'relevant-missed': {
    summary: 'the share of the relevant candidates that is not kept',
    from: 'lax',
    loss: ({ scores, relevant }, threshold) => {
      const all = relevant.filter(Boolean).length;
      const missed = relevant.filter((yes, index) => yes && scores[index]! < threshold).length;
      return all === 0 ? 0 : missed / all;
    },
  },
} satisfies Record<string, Risk>;

export type RiskName = keyof typeof risks;
