import { averagePrecision } from './average-precision.js';
import { judged } from './judged.js';
import type { MeasureFunction } from './measure.js';
import { ndcg, ndcgExponential } from './ndcg.js';
import { precision } from './precision.js';
import { recall } from './recall.js';
import { reciprocalRank } from './reciprocal-rank.js';
import { success } from './success.js';

/** Measures by the names that ir_measures gives them. */
export const measures = {
  nDCG: ndcg,
  'nDCG-exp': ndcgExponential,
  AP: averagePrecision,
  RR: reciprocalRank,
  R: recall,
  P: precision,
  Success: success,
  Judged: judged,
} satisfies Record<string, MeasureFunction>;

export type MeasureBase = keyof typeof measures;
