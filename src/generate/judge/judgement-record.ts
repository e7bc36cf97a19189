import type { Grade, Judgement } from '../../core/judgement.js';
import type { PairVerdict } from './judge-passages.js';
import type { Disagreement, Vote } from './votes.js';

/** One line of a file of judgements: what qrels cannot hold. `grade` is null where it stayed unknown. */
export interface JudgementRecord extends Omit<Judgement, 'grade'> {
  readonly grade: Grade | null;
  /** 0 to 1: the expected grade / 3, or P(yes). */
  readonly score: number | null;
  readonly shares?: readonly number[];
  readonly reason?: string;
  readonly explanation?: string;
  readonly votes?: readonly Vote[];
  readonly disagreement?: Disagreement;
  readonly ledgerKeys: readonly string[];
}

/** A verdict as a line of a file of judgements. */
export function judgementRecord({ query, passage, verdict }: PairVerdict): JudgementRecord {
  const { grade = null, score = null, confidence, ...rest } = verdict;
  return { queryId: query.id, passageId: passage.id, grade, score, source: 'llm', confidence, ...rest };
}
