import type { Example, ExamplePassage } from '../core/example.js';
import type { Grade } from '../core/judgement.js';
import type { Provenance } from '../core/provenance.js';
import type { CallOptions } from '../models/language-model.js';
import type { Retriever } from '../retrieval/retriever.js';
import type { Corpus } from './corpus.js';
import type { Funnel } from './funnel.js';
import type { Judge, Verdict } from './judge.js';
import { type MineNegativesOptions, mineNegatives } from './mine-negatives.js';
import { type DisagreementPolicy, settleGrade } from './settle-grade.js';
import { countGraded, type GradedPassages, type GradedWriter, writeGraded } from './write-graded-passages.js';
import type { WriteResult, WrittenQuery } from './write-queries.js';

/** How a query's source passage is verified before the query counts. */
export interface SourceCheck {
  readonly judge?: Judge;
  /** Least grade of the source. @default 2 */
  readonly leastGrade?: 1 | 2 | 3;
  /** The source must be among the first `first` of the retriever. */
  readonly roundTrip?: { readonly retriever: Retriever; readonly first: number };
}

/** A query whose source passed, or why it did not. */
export type CheckedQuery =
  | { readonly written: WrittenQuery; readonly grade: Grade; readonly ledgerKeys: readonly string[] }
  | {
      readonly written: WriteResult;
      readonly stage: 'queries' | 'round-trip' | 'judge-source';
      readonly reason: string;
    };

/** Round trip first: it costs no model call. Without a judge the source counts as grade 3: the query was written from it. */
export async function checkSource(
  written: WriteResult,
  check: SourceCheck,
  options: CallOptions,
): Promise<CheckedQuery> {
  if ('reason' in written) return { written, stage: 'queries', reason: written.reason };
  const { query, passage } = written;
  const { judge, leastGrade = 2, roundTrip } = check;
  if (roundTrip) {
    const found = await roundTrip.retriever.search(query, roundTrip.first, options);
    if (!found.some(({ id }) => id === passage.id))
      return { written, stage: 'round-trip', reason: 'source-not-found' };
  }
  if (!judge) return { written, grade: 3, ledgerKeys: written.ledgerKeys };
  const { grade, ledgerKeys } = await judge(query, passage, options);
  if (grade === undefined) return { written, stage: 'judge-source', reason: 'judge-unknown' };
  if (grade < leastGrade) return { written, stage: 'judge-source', reason: `judged-${grade}` };
  return { written, grade, ledgerKeys: [...written.ledgerKeys, ...ledgerKeys] };
}

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
  /** Counts what happened: called in a fixed order, so that a funnel's stages come in that order too. */
  count(funnel: Funnel): void;
}

/** Adds negatives and written passages to a query whose source passed. */
export async function completeExample(
  { written, grade, ledgerKeys }: Extract<CheckedQuery, { readonly grade: Grade }>,
  options: CompletionOptions,
  call: CallOptions,
): Promise<CompletedExample> {
  const { query, passage } = written;
  const { corpus, seed, mining, judge, disagreement, provenance } = options;
  const keys = [...ledgerKeys];
  const counts: ((funnel: Funnel) => void)[] = [];
  const source: ExamplePassage = { passage, grade, kind: 'positive', origin: 'corpus' };
  const passages = [source];

  if (options.graded) {
    const reply = await writeGraded({ query, source: passage }, options.graded, call);
    keys.push(...reply.ledgerKeys);
    counts.push((funnel) => countGraded(reply, funnel));
    const judged = await judgeWritten(reply, judge, call);
    for (const { level, written: text, verdict } of judged) {
      keys.push(...(verdict?.ledgerKeys ?? []));
      const settled = verdict ? settleGrade(level, verdict, disagreement) : { grade: level };
      if (settled.grade === undefined) {
        counts.push((funnel) => funnel.reject('judge-written', settled.reason));
        continue;
      }
      counts.push((funnel) => {
        funnel.accept('judge-written');
        if (settled.grade !== level) funnel.note('judge-written', `asked-${level}-judged-${settled.grade}`);
      });
      const kind = settled.grade >= 2 ? 'positive' : 'hard-negative';
      passages.push({ passage: text, grade: settled.grade, kind, origin: `generated:${level}` });
    }
  }

  if (mining) {
    const positives = passages.filter((item) => item.kind === 'positive').map((item) => item.passage);
    const mined = await mineNegatives({ query, positives }, { ...mining, corpus, seed, ...call });
    keys.push(...mined.ledgerKeys);
    passages.push(...mined.passages);
    counts.push((funnel) => {
      for (const reason of mined.rejected) funnel.reject('negatives', reason);
      for (const { kind } of mined.passages) {
        funnel.accept('negatives');
        funnel.note('negatives', kind);
      }
      for (const note of mined.notes) funnel.note('negatives', note);
    });
  }
  const example: Example = {
    query,
    passages,
    split: 'train',
    ledgerKeys: keys,
    ...(provenance ? { provenance } : {}),
  };
  return {
    example,
    count: (funnel) => {
      for (const each of counts) each(funnel);
    },
  };
}

async function judgeWritten(reply: GradedPassages, judge: Judge | undefined, call: CallOptions) {
  const judged: {
    level: Grade;
    written: GradedPassages['passages'][number]['passage'];
    verdict?: Verdict;
  }[] = [];
  for (const { level, passage } of reply.passages) {
    const verdict = judge && (await judge(reply.query, passage, call));
    judged.push({ level, written: passage, ...(verdict ? { verdict } : {}) });
  }
  return judged;
}
