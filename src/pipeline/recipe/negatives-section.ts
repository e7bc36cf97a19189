import { z } from 'zod';
import { RankforgeError } from '../../core/errors.js';
import { checkMix, type MixShare } from '../../generate/negatives/mix.js';
import { untrainedNames } from '../first-stage.js';
import { count, positive, share } from './values.js';

const band = z
  .tuple([positive, positive])
  .refine(([first, last]) => first <= last, 'the first rank is after the last');

const Mix = z
  .array(
    z.strictObject({
      kind: z.enum(['mined', 'written', 'random']),
      /** Which list a mined one is from. */
      retriever: z.enum(untrainedNames).optional(),
      /** Least and most hardness, 0 to 1. */
      hardness: z.tuple([share, share]).optional(),
      share: z.number().positive(),
    }),
  )
  .superRefine((mix: readonly MixShare[], context) => {
    try {
      checkMix(mix);
    } catch (error) {
      if (!(error instanceof RankforgeError)) throw error;
      context.addIssue({ code: 'custom', message: error.message });
    }
  });

/** Where negatives come from: a part of `generate`. */
export const NegativesSection = z
  .strictObject({
    /** Absent: 6, and none where there are no documents. */
    mined: count.optional(),
    /** Absent: 2, and none where there are no documents. */
    random: count.optional(),
    /** Written by a model and judged. */
    written: count.default(0),
    /** Shares of kinds, lists and bands of hardness among mined + random + written, in place of those counts. */
    mix: Mix.optional(),
    /** What happens to a place of the mix that cannot be filled. */
    onShort: z.enum(['fill', 'leave']).default('fill'),
    /** Untrained rankings that they are mined from; absent: the fusion. */
    from: z.array(z.enum(untrainedNames)).min(1).optional(),
    /** First and last rank that negatives are taken from, 1-based. */
    band: band.default([2, 40]),
    /** They must score below this share of the positive's score. */
    belowShare: z.number().gt(0).max(1).optional(),
    /** They must score below the positive by this much. */
    belowMargin: z.number().min(0).optional(),
    /** A candidate the judge grades at or above this is no negative. */
    falseNegativeGrade: z.number().int().min(1).max(3).default(2),
    /** A false negative is kept as the positive it is, or left out. */
    onFalseNegative: z.enum(['relabel', 'drop']).default('relabel'),
    /** File of `rankforge mine --learn-threshold`, beside the recipe: the judge's score from which a candidate counts as relevant. */
    threshold: z.string().min(1).optional(),
    /** A name under `models` that writes the written ones; absent: the writer of queries. */
    writer: z.string().optional(),
  })
  .prefault({});
export type NegativesSection = z.infer<typeof NegativesSection>;

/** How many of each kind a query gets, where there are documents. */
export const negativeCounts = ({ mined = 6, random = 2, written }: NegativesSection) => ({
  mined,
  written,
  random,
});
