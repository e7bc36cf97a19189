import type { Grade } from '../../core/judgement.js';
import type { Verdict } from '../judge/judge.js';
import { judgeUnknown } from '../judge-unknown.js';

/**
 * What to do when the judge and the writer disagree: `relabel` takes the judge's grade; `drop` leaves the passage out;
 * `rewrite` has it written anew, up to `rewrites` times, and takes the judge's grade of the last that holds. Passages
 * that are no more than `tolerance` grades off keep the level they were asked for under each.
 */
export interface DisagreementPolicy {
  readonly onDisagreement: 'relabel' | 'drop' | 'rewrite';
  /** Grades. @default 0 */
  readonly tolerance?: number;
  /** @default 1 */
  readonly rewrites?: number;
}

export type Settled = { readonly grade: Grade } | { readonly grade?: undefined; readonly reason: string };

/** Whether a verdict is another grade than the one asked for. An unknown verdict is not: nobody knows. */
export const disagrees = (asked: Grade, { grade }: Verdict, { tolerance = 0 }: DisagreementPolicy): boolean =>
  grade !== undefined && Math.abs(grade - asked) > tolerance;

/** The grade that a passage asked for at one level gets, once judged. An unknown verdict is dropped under every policy. */
export function settleGrade(asked: Grade, verdict: Verdict, policy: DisagreementPolicy): Settled {
  const { grade } = verdict;
  if (grade === undefined) return { reason: judgeUnknown(verdict) };
  if (!disagrees(asked, verdict, policy)) return { grade: asked };
  if (policy.onDisagreement === 'drop') return { reason: `asked-${asked}-judged-${grade}` };
  return { grade };
}
