import type { ExamplePassage } from '../../core/example.js';
import type { Passage } from '../../core/passage.js';
import type { Query } from '../../core/query.js';
import type { DuplicateIndex } from '../hygiene/near-duplicates.js';
import type { RelevanceFilter } from './relevance-filter.js';

/** What there is of one query's negatives while they are gathered. */
export interface Gathering {
  readonly query: Query;
  readonly positives: readonly Passage[];
  readonly filter: RelevanceFilter | undefined;
  readonly passages: ExamplePassage[];
  /** Reasons, one a candidate that was left out. */
  readonly rejected: string[];
  readonly notes: string[];
  readonly ledgerKeys: string[];
  /** Texts that the example holds, and those looked at: each has one grade, so none may come twice. */
  readonly seen: DuplicateIndex;
  /** Candidates that turned out relevant, kept or not. */
  readonly falseNegatives: Passage[];
}
