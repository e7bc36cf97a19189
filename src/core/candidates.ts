import type { Passage } from './passage.js';
import type { Query } from './query.js';

/** A passage with its first-stage score. */
export interface Candidate {
  readonly passage: Passage;
  readonly score?: number;
}

/** What retrieval gives and reranking takes: best first. */
export interface Candidates {
  readonly query: Query;
  readonly items: readonly Candidate[];
}
