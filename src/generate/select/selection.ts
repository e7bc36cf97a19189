import type { Example } from '../../core/example.js';
import type { JobOptions } from '../../core/progress.js';
import type { VectorSource } from '../cluster/vector-source.js';

/** What examples are selected from, and by. */
export interface SelectionInput {
  readonly examples: readonly Example[];
  /** By example: its embedding, for k-centre, diversify-and-conquer, quotas by cluster, and the report. See `embedExamples`. */
  readonly vectors?: VectorSource;
  /** By example: how hard it is, any real, for difficulty and the report. See `exampleDifficulties`. */
  readonly difficulties?: readonly number[];
}

export interface SelectionOptions extends JobOptions {
  /** Examples wanted. */
  readonly count: number;
  readonly seed: number;
}

/** Indexes of the selected examples, and what is to be known of the choice. */
export interface Selected {
  /** min(count, examples) of them unless notes say otherwise, each once. */
  readonly indexes: readonly number[];
  readonly notes?: readonly string[];
}
