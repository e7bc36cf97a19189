import type { Passage } from '../../core/passage.js';
import type { Query } from '../../core/query.js';
import type { CallOptions } from '../../models/language-model.js';
import type { Judge, Verdict } from './judge.js';
import { settleAll } from './settle-all.js';

/** Grades several passages for one query: as many verdicts as passages, in their order. */
export type ListJudge = (
  query: Query,
  passages: readonly Passage[],
  options?: CallOptions,
) => Promise<readonly Verdict[]>;

/** A judge of single passages, asked about each. */
export const eachAlone =
  (judge: Judge): ListJudge =>
  (query, passages, options) =>
    settleAll(passages.map((passage) => judge(query, passage, options)));
