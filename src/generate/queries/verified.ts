import type { ExamplePassage } from '../../core/example.js';
import type { Grade } from '../../core/judgement.js';
import type { Query } from '../../core/query.js';
import type { Retriever } from '../../retrieval/retriever.js';
import type { Corpus } from '../corpus.js';
import type { AsyncContaminationCheck, ContaminationCheck } from '../hygiene/contamination.js';
import type { Judge } from '../judge/judge.js';
import type { WrittenQuery } from './write-queries.js';

/** How a query's source passage is verified before the query counts. */
export interface SourceCheck {
  readonly judge?: Judge;
  /** Least grade of the source. @default 2 */
  readonly leastGrade?: 1 | 2 | 3;
  /** The source must be among the first `first` of the retriever. */
  readonly roundTrip?: {
    readonly retriever: Retriever;
    readonly first: number;
    /** Ranks looked at to measure how hard the query is. @default 100, and `first` where that is more */
    readonly depth?: number;
  };
  /** What an unanswerable query is checked against: the judge reads the first `first` that the retriever finds. */
  readonly unanswerable?: {
    readonly retriever: Retriever;
    readonly corpus: Pick<Corpus, 'get'>;
    /** @default 5 */
    readonly first?: number;
  };
  /** Whether the judge must find the source not relevant under a reversed instruction, or the rule that made it is trusted. @default 'judge' */
  readonly reversed?: 'judge' | 'trust';
}

/** All that a written query must pass. */
export interface QueryChecks extends SourceCheck {
  readonly contamination?: ContaminationCheck | AsyncContaminationCheck;
}

/** What an example begins with: its query, and the passages whose grades follow from how the query was made. */
export interface ExampleSeed {
  readonly query: Query;
  /** What retrieval and judges are asked about it. */
  readonly search: Query;
  /** The source first. None of an unanswerable query is a positive. */
  readonly passages: readonly ExamplePassage[];
}

/** A query whose source passed. */
export interface VerifiedQuery {
  readonly written: WrittenQuery;
  /** Of the source. */
  readonly grade: Grade;
  /** One; two for a query with its reversed twin. */
  readonly seeds: readonly ExampleSeed[];
  readonly ledgerKeys: readonly string[];
}

/** The stages that a written query goes through before it counts. */
type CheckStage = 'queries' | 'contamination' | 'round-trip' | 'judge-source';

/** A query whose source passed, or why it did not. */
export type CheckedQuery = VerifiedQuery | { readonly stage: CheckStage; readonly reason: string };
