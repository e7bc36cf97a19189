import type { Verdict } from './judge/judge.js';

/** As a funnel counts a verdict without a grade: with its reason where it has one, `judge-unknown:refused`. */
export const judgeUnknown = ({ reason }: Pick<Verdict, 'reason'>): string =>
  reason === undefined ? 'judge-unknown' : `judge-unknown:${reason}`;
