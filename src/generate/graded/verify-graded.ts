import type { Grade } from '../../core/judgement.js';
import type { Passage } from '../../core/passage.js';
import type { CallOptions } from '../../models/language-model.js';
import { createDuplicateIndex } from '../hygiene/near-duplicates.js';
import type { Judge } from '../judge/judge.js';
import { rewritePassage } from './rewrite-passage.js';
import { type DisagreementPolicy, disagrees, settleGrade } from './settle-grade.js';
import type { GradedPassages, GradedWriter } from './write-graded-passages.js';

/** A written passage with the grade that counts. */
export interface VerifiedPassage {
  readonly passage: Passage;
  /** Asked of the writer. */
  readonly level: Grade;
  readonly grade: Grade;
  /** The judge's, 0 to 1, of the text that was kept. */
  readonly score?: number;
}

export interface VerifiedGraded {
  readonly passages: readonly VerifiedPassage[];
  /** Why the others were left out, one each. */
  readonly rejected: readonly string[];
  /** What happened to those that were kept: `asked-3-judged-2`, `rewritten`, `rewrite-lost:refused`. */
  readonly notes: readonly string[];
  readonly ledgerKeys: readonly string[];
}

export interface VerifyGradedOptions extends CallOptions {
  readonly judge: Judge;
  /** Writes anew what the judge puts at another level, under the policy `rewrite`. */
  readonly writer: GradedWriter;
  readonly policy: DisagreementPolicy;
  readonly source?: Passage;
}

/**
 * Has every written level judged, and relabelled, dropped or rewritten before it counts. A rewrite that fails its checks,
 * or that the judge puts no nearer to the level asked for, leaves the passage as it was.
 */
export async function verifyGraded(
  { query, passages: written }: GradedPassages,
  { judge, writer, policy, source, ...call }: VerifyGradedOptions,
): Promise<VerifiedGraded> {
  const rejected: string[] = [];
  const notes: string[] = [];
  const ledgerKeys: string[] = [];
  const passages: VerifiedPassage[] = [];
  const seen = createDuplicateIndex();
  const judged = async (passage: Passage) => {
    const verdict = await judge(query, passage, call);
    ledgerKeys.push(...verdict.ledgerKeys);
    return verdict;
  };
  const rewrites = policy.onDisagreement === 'rewrite' ? (policy.rewrites ?? 1) : 0;
  for (const { passage: first, level } of written) {
    let passage = first;
    let verdict = await judged(passage);
    for (let attempt = 0; attempt < rewrites && disagrees(level, verdict, policy); attempt++) {
      const now = verdict.grade!;
      const rewritten = await rewritePassage(
        { query, passage, asked: level, judged: now, source, attempt },
        writer,
        call,
      );
      ledgerKeys.push(...rewritten.ledgerKeys);
      if (!rewritten.passage) {
        notes.push(`rewrite-lost:${rewritten.reason}`);
        continue;
      }
      const again = await judged(rewritten.passage);
      if (again.grade === undefined || Math.abs(again.grade - level) >= Math.abs(now - level)) {
        notes.push('rewrite-no-better');
        continue;
      }
      notes.push('rewritten');
      [passage, verdict] = [rewritten.passage, again];
    }
    const settled = settleGrade(level, verdict, policy);
    if (settled.grade === undefined) {
      rejected.push(settled.reason);
      continue;
    }
    // A rewrite may have become what another level says.
    const repeated = seen.add(passage.id, passage.text);
    if (repeated) {
      rejected.push(repeated.reason);
      continue;
    }
    if (settled.grade !== level) notes.push(`asked-${level}-judged-${settled.grade}`);
    passages.push({
      passage,
      level,
      grade: settled.grade,
      ...(verdict.score !== undefined && { score: verdict.score }),
    });
  }
  return { passages, rejected, notes, ledgerKeys };
}
