import type { Example, ExamplePassage } from '../core/example.js';
import type { Provenance } from '../core/provenance.js';
import type { CallOptions } from '../models/language-model.js';
import type { Corpus } from './corpus.js';
import { Funnel } from './funnel.js';
import type { DisagreementPolicy } from './graded/settle-grade.js';
import { type VerifiedGraded, verifyGraded } from './graded/verify-graded.js';
import {
  countGraded,
  type GradedPassages,
  type GradedWriter,
  writeGraded,
} from './graded/write-graded-passages.js';
import type { Judge } from './judge/judge.js';
import { countNegatives } from './negatives/count-negatives.js';
import { type MineNegativesOptions, mineNegatives } from './negatives/mine-negatives.js';
import type { VerifiedQuery } from './queries/check-source.js';

export interface CompletionOptions {
  readonly corpus: Corpus;
  readonly seed: number;
  /** With a mix each query's shares are drawn, so that they hold in expectation: its neighbours are not known here. */
  readonly mining?: Omit<MineNegativesOptions, 'corpus' | 'seed' | 'signal'>;
  /** Writes graded passages for this query, where it is given. */
  readonly graded?: GradedWriter;
  /** Judges written passages; without a judge each keeps the level it was asked for. */
  readonly judge?: Judge;
  readonly disagreement: DisagreementPolicy;
  readonly provenance?: Provenance;
}

export interface CompletedExample {
  readonly example: Example;
  /** What happened to its passages: to be added in a fixed order, so that the job's stages come in that order too. */
  readonly funnel: Funnel;
}

/** Adds negatives and written passages to a query whose source passed. */
export async function completeExample(
  { written, grade, ledgerKeys }: VerifiedQuery,
  { corpus, seed, mining, graded, judge, disagreement, provenance }: CompletionOptions,
  call: CallOptions,
): Promise<CompletedExample> {
  const { query, passage: source } = written;
  const keys = [...ledgerKeys];
  const funnel = new Funnel();
  const passages: ExamplePassage[] = [{ passage: source, grade, kind: 'positive', origin: 'corpus' }];

  if (graded) {
    const reply = await writeGraded({ query, source }, graded, call);
    keys.push(...reply.ledgerKeys);
    countGraded(reply, funnel);
    const verified = judge
      ? await verifyGraded(reply, { judge, writer: graded, policy: disagreement, source, ...call })
      : unverified(reply);
    keys.push(...verified.ledgerKeys);
    for (const { passage, grade: settled, level } of verified.passages) {
      if (judge) funnel.accept('judge-written');
      const kind = settled >= 2 ? 'positive' : 'hard-negative';
      passages.push({ passage, grade: settled, kind, origin: `generated:${level}` });
    }
    for (const reason of verified.rejected) funnel.reject('judge-written', reason);
    for (const note of verified.notes) funnel.note('judge-written', note);
  }

  if (mining) {
    const positives = passages.filter(({ kind }) => kind === 'positive').map(({ passage }) => passage);
    const mined = await mineNegatives({ query, positives }, { ...mining, corpus, seed, ...call });
    keys.push(...mined.ledgerKeys);
    passages.push(...mined.passages);
    countNegatives(mined, funnel);
  }
  return { example: { query, passages, split: 'train', ledgerKeys: keys, provenance }, funnel };
}

/** Without a judge each written passage keeps the level it was asked for. */
const unverified = ({ passages }: GradedPassages): VerifiedGraded => ({
  passages: passages.map((written) => ({ ...written, grade: written.level })),
  rejected: [],
  notes: [],
  ledgerKeys: [],
});
