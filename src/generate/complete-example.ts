import type { Example, ExamplePassage } from '../core/example.js';
import type { Provenance } from '../core/provenance.js';
import type { CallOptions } from '../models/language-model.js';
import type { Corpus } from './corpus.js';
import { Funnel } from './funnel.js';
import { type DisagreementPolicy, settleGrade } from './graded/settle-grade.js';
import { countGraded, type GradedWriter, writeGraded } from './graded/write-graded-passages.js';
import type { Judge } from './judge/judge.js';
import { type MineNegativesOptions, mineNegatives } from './negatives/mine-negatives.js';
import type { VerifiedQuery } from './queries/check-source.js';

export interface CompletionOptions {
  readonly corpus: Corpus;
  readonly seed: number;
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
    for (const { passage, level } of reply.passages) {
      const verdict = await judge?.(query, passage, call);
      keys.push(...(verdict?.ledgerKeys ?? []));
      const settled = verdict ? settleGrade(level, verdict, disagreement) : { grade: level };
      if (settled.grade === undefined) {
        funnel.reject('judge-written', settled.reason);
        continue;
      }
      if (verdict) funnel.accept('judge-written');
      if (settled.grade !== level) funnel.note('judge-written', `asked-${level}-judged-${settled.grade}`);
      const kind = settled.grade >= 2 ? 'positive' : 'hard-negative';
      passages.push({ passage, grade: settled.grade, kind, origin: `generated:${level}` });
    }
  }

  if (mining) {
    const positives = passages.filter(({ kind }) => kind === 'positive').map(({ passage }) => passage);
    const mined = await mineNegatives({ query, positives }, { ...mining, corpus, seed, ...call });
    keys.push(...mined.ledgerKeys);
    passages.push(...mined.passages);
    for (const reason of mined.rejected) funnel.reject('negatives', reason);
    for (const { kind } of mined.passages) {
      funnel.accept('negatives');
      funnel.note('negatives', kind);
    }
    for (const note of mined.notes) funnel.note('negatives', note);
  }
  return { example: { query, passages, split: 'train', ledgerKeys: keys, provenance }, funnel };
}
