import type { Grade } from './judgement.js';
import type { Passage } from './passage.js';
import type { Provenance } from './provenance.js';
import type { Query } from './query.js';

export type ExampleKind = 'positive' | 'hard-negative' | 'random';

/**
 * Where a passage came from: `corpus` (the query was written about it, or it was drawn at random), `judged` (relevant in a
 * file of judgements), `mined:<retriever>`, `generated:<level>`, `generated:negative` (written so as not to answer),
 * `edited:missing` or `edited:wrong` (a positive in which the fact asked for was left out, or another put in its place).
 */
export type ExampleOrigin =
  | 'corpus'
  | 'judged'
  | `mined:${string}`
  | `generated:${Grade}`
  | 'generated:negative'
  | 'edited:missing'
  | 'edited:wrong';

export interface ExamplePassage {
  readonly passage: Passage;
  readonly grade: Grade;
  readonly kind: ExampleKind;
  readonly origin: ExampleOrigin;
  /** The fused teacher's score: any real, comparable inside one example. */
  readonly teacherScore?: number;
  /** From 1. */
  readonly teacherRank?: number;
  /**
   * How near it comes to the positive in the eyes of one scorer, from 0 (as far off as anything in its list) to 1 (at the
   * positive or above): see `hardness`. By the teacher's scores where there are any, else by what found it.
   */
  readonly hardness?: number;
  /** The best positive's teacher score less this one's, in the teacher's own units; below 0 where the teacher prefers this one. */
  readonly margin?: number;
  /** Why the judge gave it this grade, where it was asked to say. */
  readonly reason?: string;
}

/** It speaks of passages by label, so it is worth something only beside the order in which they were shown. */
export interface TeacherThinking {
  readonly text: string;
  /** Passages as the teacher saw them, the first label first. */
  readonly passageIds: readonly string[];
  /** The ranking that it led to, best first: the same ids. Absent where that is not known. */
  readonly ranking?: readonly string[];
}

/** The training record, one per query. Every export format is a projection of it. */
export interface Example {
  readonly query: Query;
  readonly passages: readonly ExamplePassage[];
  readonly split: 'train' | 'validation' | 'test';
  /** What a reasoning teacher wrote on the way to its ranking, where it did. */
  readonly thinking?: TeacherThinking;
  /** Ledger keys of the calls that made it. */
  readonly ledgerKeys: readonly string[];
  readonly provenance?: Provenance;
}
