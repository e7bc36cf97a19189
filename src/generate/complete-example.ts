import type { Example, ExamplePassage } from '../core/example.js';
import type { Passage } from '../core/passage.js';
import type { Provenance } from '../core/provenance.js';
import type { Query } from '../core/query.js';
import type { CallOptions } from '../models/language-model.js';
import type { Corpus } from './corpus.js';
import { Funnel } from './funnel.js';
import type { DisagreementPolicy } from './graded/settle-grade.js';
import { type VerifiedGraded, verifyGraded } from './graded/verify-graded.js';
import { type EditOptions, writeEdits } from './graded/write-edits.js';
import {
  countGraded,
  type GradedPassages,
  type GradedWriter,
  writeGraded,
} from './graded/write-graded-passages.js';
import type { Judge } from './judge/judge.js';
import { countNegatives } from './negatives/count-negatives.js';
import { type MinedNegatives, type MineNegativesOptions, mineNegatives } from './negatives/mine-negatives.js';
import type { ExampleSeed } from './queries/verified.js';

export interface CompletionOptions {
  readonly corpus: Corpus;
  readonly seed: number;
  /** With a mix each query's shares are drawn, so that they hold in expectation: its neighbours are not known here. */
  readonly mining?: Omit<MineNegativesOptions, 'corpus' | 'seed' | 'signal'>;
  /** Writes graded passages for this query, where it is given and the query has a positive. */
  readonly graded?: GradedWriter;
  /** Edits the source, where it is given and the source is a positive. */
  readonly edits?: EditOptions;
  /** Judges written passages; without a judge each keeps the level it was asked for. */
  readonly judge?: Judge;
  readonly disagreement: DisagreementPolicy;
  /** Whether nothing may answer the query: a mined passage that does shows that the query was mistaken for such a one. */
  readonly unanswerable?: boolean;
  readonly provenance?: Provenance;
}

export interface CompletedExample {
  readonly example: Example;
  /** What happened to its passages: to be added in a fixed order, so that the job's stages come in that order too. */
  readonly funnel: Funnel;
  /** An unanswerable query that mining found an answer to: the example must not count. */
  readonly answerable: boolean;
}

/** Passages, and the calls that they took. */
interface Added {
  readonly passages: readonly ExamplePassage[];
  readonly ledgerKeys: readonly string[];
}

/** Adds written passages, edits and negatives to what an example begins with. */
export async function completeExample(
  { query, search, passages: begun }: ExampleSeed,
  options: CompletionOptions,
  call: CallOptions,
): Promise<CompletedExample> {
  const { corpus, seed, mining, graded, edits, judge, unanswerable = false, provenance } = options;
  const funnel = new Funnel();
  let answerable = false;
  const passages: ExamplePassage[] = [...begun];
  const keys: string[] = [];
  const add = (added: Added): void => {
    passages.push(...added.passages);
    keys.push(...added.ledgerKeys);
  };
  const source = begun.find(({ kind }) => kind === 'positive');
  if (graded && source) add(await addGraded(search, source.passage, { ...options, graded }, funnel, call));
  if (edits && source) add(await writeEdits({ query: search, source, judge }, edits, funnel, call));
  if (mining) {
    const positives = passages.filter(({ kind }) => kind === 'positive').map(({ passage }) => passage);
    // What the query was checked against has its grade already.
    const exclude = new Set(passages.map(({ passage }) => passage.id));
    const mined = await mineNegatives(
      { query: search, positives },
      { ...mining, corpus, seed, exclude, ...call },
    );
    add(mined);
    countNegatives(mined, funnel);
    answerable = unanswerable && hasAnswer(mined);
  }
  return { example: { query, passages, split: 'train', ledgerKeys: keys, provenance }, funnel, answerable };
}

/** From grade 2 on a passage answers, whatever grade makes a false negative. */
const hasAnswer = ({ passages, rejected }: MinedNegatives): boolean =>
  rejected.includes('false-negative') ||
  passages.some(({ grade, kind }) => kind === 'positive' || grade >= 2);

async function addGraded(
  query: Query,
  source: Passage,
  { graded, judge, disagreement }: CompletionOptions & { readonly graded: GradedWriter },
  funnel: Funnel,
  call: CallOptions,
): Promise<Added> {
  const reply = await writeGraded({ query, source }, graded, call);
  countGraded(reply, funnel);
  const verified = judge
    ? await verifyGraded(reply, { judge, writer: graded, policy: disagreement, source, ...call })
    : unverified(reply);
  for (const _ of judge ? verified.passages : []) funnel.accept('judge-written');
  for (const reason of verified.rejected) funnel.reject('judge-written', reason);
  for (const note of verified.notes) funnel.note('judge-written', note);
  return {
    passages: verified.passages.map(({ passage, grade, level }) => ({
      passage,
      grade,
      kind: grade >= 2 ? 'positive' : 'hard-negative',
      origin: `generated:${level}`,
    })),
    ledgerKeys: [...reply.ledgerKeys, ...verified.ledgerKeys],
  };
}

/** Without a judge each written passage keeps the level it was asked for. */
const unverified = ({ passages }: GradedPassages): VerifiedGraded => ({
  passages: passages.map((written) => ({ ...written, grade: written.level })),
  rejected: [],
  notes: [],
  ledgerKeys: [],
});
