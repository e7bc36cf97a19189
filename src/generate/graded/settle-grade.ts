import type { Grade } from '../../core/judgement.js';
import type { Verdict } from '../judge/judge.js';

/**
 * What to do when the judge and the writer disagree: `relabel` takes the judge's grade, `drop` leaves the passage out
 * when they are more than `tolerance` grades apart and keeps the writer's grade otherwise.
 */
export interface DisagreementPolicy {
  readonly onDisagreement: 'relabel' | 'drop';
  /** Grades. @default 0 */
  readonly tolerance?: number;
}

export type Settled = { readonly grade: Grade } | { readonly grade?: undefined; readonly reason: string };

/** The grade that a passage asked for at one level gets, once judged. An unknown verdict is dropped under either policy. */
export function settleGrade(
  asked: Grade,
  verdict: Verdict,
  { onDisagreement, tolerance = 0 }: DisagreementPolicy,
): Settled {
  const { grade } = verdict;
  if (grade === undefined) return { reason: 'judge-unknown' };
  if (Math.abs(grade - asked) <= tolerance) return { grade: asked };
  if (onDisagreement === 'drop') return { reason: `asked-${asked}-judged-${grade}` };
  return { grade };
}
