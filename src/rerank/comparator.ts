import type { Passage } from '../core/passage.js';
import type { Provenance } from '../core/provenance.js';
import type { Query } from '../core/query.js';
import type { Usage } from '../core/usage.js';
import type { Warning } from '../core/warning.js';
import type { CallOptions } from '../models/language-model.js';
import type { ComparisonCost, SharedCost } from './comparison-cost.js';

/** How one group compared. Positions are those of the passages as given. */
export interface Comparison {
  /** Positions, best first: a permutation of 0 … n − 1. */
  readonly order: readonly number[];
  /** Aligned with the passages as given; comparable across groups of one query only where `Comparator.absolute`. */
  readonly scores?: readonly number[];
  /** P(relevant) aligned with the passages as given, where the comparator was calibrated on judged data. */
  readonly probabilities?: readonly number[];
  /** What the model thought before it answered: paid for, and no part of the ranking. */
  readonly thinking?: string;
  readonly usage: Usage;
  readonly warnings: readonly Warning[];
}

export interface CompareOptions extends CallOptions {
  /** 0 for the first try; above, another reply is wanted than the one that the same request got (or a ledger kept). */
  readonly attempt?: number;
}

/** How passages are compared. */
export interface Comparator extends AsyncDisposable {
  readonly name: string;
  /** Whether a passage's score does not depend on the group it is seen in. */
  readonly absolute: boolean;
  /** The most passages one comparison can hold, where there is a limit. */
  readonly maxGroup?: number;
  /** Candidates of the first stage, from the first, that its probabilities hold for. @default all */
  readonly calibratedDepth?: number;
  /** The prompt and the model behind it. */
  readonly provenance?: Pick<Provenance, 'promptId' | 'promptHash' | 'modelId' | 'seed'>;
  /** @throws RankforgeError when there is no ranking: a failed call is never read as one */
  compare(query: Query, passages: readonly Passage[], options?: CompareOptions): Promise<Comparison>;
  /** Of this comparison alone: what it shares with others is in `sharedCosts`. */
  cost(query: Query, passages: readonly Passage[]): ComparisonCost;
  /** @default it shares nothing */
  sharedCosts?(query: Query, passages: readonly Passage[]): readonly SharedCost[];
}
