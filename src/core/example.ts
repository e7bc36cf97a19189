import type { Grade } from './judgement.js';
import type { Passage } from './passage.js';
import type { Provenance } from './provenance.js';
import type { Query } from './query.js';

export type ExampleKind = 'positive' | 'hard-negative' | 'random';

/** Where a passage came from: `corpus` (the query was written about it), `mined:<retriever>` or `generated:<level>`. */
export type ExampleOrigin = 'corpus' | `mined:${string}` | `generated:${Grade}`;

export interface ExamplePassage {
  readonly passage: Passage;
  readonly grade: Grade;
  readonly kind: ExampleKind;
  readonly origin: ExampleOrigin;
  /** The fused teacher's score: any real, comparable inside one example. */
  readonly teacherScore?: number;
  /** From 1. */
  readonly teacherRank?: number;
}

/** The training record, one per query. Every export format is a projection of it. */
export interface Example {
  readonly query: Query;
  readonly passages: readonly ExamplePassage[];
  readonly split: 'train' | 'validation' | 'test';
  /** Ledger keys of the calls that made it. */
  readonly ledgerKeys: readonly string[];
  readonly provenance?: Provenance;
}
