import type { ExamplePassage } from '../../core/example.js';
import type { Passage } from '../../core/passage.js';
import type { Query } from '../../core/query.js';
import type { CallOptions } from '../../models/language-model.js';
import type { Funnel } from '../funnel.js';
import type { Judge } from '../judge/judge.js';
import { judgedHardness } from '../negatives/hardness.js';
import type { DisagreementPolicy } from './settle-grade.js';
import { type VerifiedGraded, verifyGraded } from './verify-graded.js';
import { countGraded, type GradedPassages, type GradedWriter, writeGraded } from './write-graded-passages.js';

export interface AddGradedOptions {
  readonly graded: GradedWriter;
  /** Without a judge each passage keeps the level it was asked for. */
  readonly judge?: Judge;
  readonly disagreement: DisagreementPolicy;
}

/** Passages for an example, and the calls that they took. */
export interface AddedPassages {
  readonly passages: readonly ExamplePassage[];
  readonly ledgerKeys: readonly string[];
}

/** Has passages of every level written and judged. Counted under `graded`, and with a judge under `judge-written`. */
export async function addGraded(
  { query, source }: { readonly query: Query; readonly source?: Passage },
  { graded, judge, disagreement }: AddGradedOptions,
  funnel: Funnel,
  call: CallOptions,
): Promise<AddedPassages> {
  const reply = await writeGraded({ query, source }, graded, call);
  countGraded(reply, funnel);
  const verified = judge
    ? await verifyGraded(reply, { judge, writer: graded, policy: disagreement, source, ...call })
    : unverified(reply);
  for (const _ of judge ? verified.passages : []) funnel.accept('judge-written');
  for (const reason of verified.rejected) funnel.reject('judge-written', reason);
  if (verified.passages.length === 0) funnel.note('graded', 'none-left');
  for (const note of verified.notes) funnel.note('judge-written', note);
  return {
    passages: verified.passages.map(({ passage, grade, level, score }) => ({
      passage,
      grade,
      kind: grade >= 2 ? 'positive' : 'hard-negative',
      origin: `generated:${level}`,
      ...(grade < 2 && judgedHardness(score)),
    })),
    ledgerKeys: [...reply.ledgerKeys, ...verified.ledgerKeys],
  };
}

const unverified = ({ passages }: GradedPassages): VerifiedGraded => ({
  passages: passages.map((written) => ({ ...written, grade: written.level })),
  rejected: [],
  notes: [],
  ledgerKeys: [],
});
