import { z } from 'zod';
import { refillRules } from '../sample/choose-by-quota.js';

/** At random: the baseline. */
export const RandomSelection = z.strictObject({ method: z.literal('random') });

/** k-centre greedy: covers the embeddings with the least greatest distance. Needs an encoder. */
export const KCentreSelection = z.strictObject({ method: z.literal('k-centre') });

/** Clusters, and picks from each in proportion to its size (D&C, arXiv:2409.11378). Needs an encoder. */
export const DiversifySelection = z.strictObject({
  method: z.literal('diversify-and-conquer'),
  /** k-means clusters; absent: a tenth of the count. */
  clusters: z.number().int().positive().optional(),
  /** What draws inside a cluster are weighted by: nothing, or difficulty, which needs a scorer. */
  weigh: z.enum(['none', 'difficulty']).default('none'),
});

/** By a scorer's error: in a recipe the encoder's, or BM25's where there is none. */
export const DifficultySelection = z.strictObject({
  method: z.literal('difficulty'),
  /** Of a scorer's error: EL2N (arXiv:2107.07075), or the part of pairs in the wrong order (DART, arXiv:2407.13690). */
  measure: z.enum(['el2n', 'fail-rate']).default('el2n'),
  /** The hardest, the easiest, or drawn in proportion to difficulty. */
  prefer: z.enum(['hardest', 'proportional', 'easiest']).default('proportional'),
  /** Part of the examples, hardest first, left out before: the very hardest are often labelled wrongly. */
  dropHardest: z.number().min(0).lt(1).default(0),
});

/** Shares of query types, of source grades, or of embedding clusters, exactly. */
export const QuotaSelection = z.strictObject({
  method: z.literal('quota'),
  by: z.enum(['type', 'grade', 'cluster']),
  /** Share of each group; or `equal`, or `proportional` to what there is. */
  shares: z
    .union([z.record(z.string(), z.number().min(0)), z.enum(['equal', 'proportional'])])
    .default('equal'),
  /** Where a group has too few: the others by their `shares`; `any`: and then of no named group; or `none`. */
  refill: z.enum(refillRules).default('shares'),
  /** Clusters, with `by: cluster`. */
  clusters: z.number().int().positive().default(10),
});

/** How examples are selected after generation. */
export const SelectionSettings = z.discriminatedUnion('method', [
  RandomSelection,
  KCentreSelection,
  DiversifySelection,
  DifficultySelection,
  QuotaSelection,
]);
export type SelectionSettings = z.infer<typeof SelectionSettings>;
/** Settings as they are given: what has a default may be left out. */
export type SelectionRequest = z.input<typeof SelectionSettings>;
