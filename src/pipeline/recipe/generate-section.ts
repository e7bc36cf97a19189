import { z } from 'zod';
import { defaultTypes, type QueryTypeName, queryTypes } from '../../generate/queries/query-types.js';
import { count, positive, share } from './values.js';

/** How the training set is made. */
export const GenerateSection = z.strictObject({
  /** A name under `models`. */
  model: z.string(),
  /** Accepted training queries wanted: exactly this many, or the run says why not. */
  count: positive,
  /** Shares of query types. */
  types: z
    .partialRecord(z.enum(Object.keys(queryTypes) as [QueryTypeName, ...QueryTypeName[]]), share)
    .refine((shares) => Object.values(shares).some((one) => one > 0), 'no type has a share above 0')
    .default(defaultTypes),
  /** Shortest passage, in words, that a query is written about. */
  minWords: count.default(25),
  /** Share of the queries that also get written passages of levels 3 to 0. */
  graded: share.default(0.1),
  negatives: z
    .strictObject({
      mined: count.default(6),
      random: count.default(2),
      /** First and last rank that negatives are taken from, 1-based. */
      band: z
        .tuple([positive, positive])
        .refine(([first, last]) => first <= last, 'the first rank is after the last')
        .default([2, 40]),
      /** A candidate the judge grades at or above this is no negative. */
      falseNegativeGrade: z.number().int().min(1).max(3).default(2),
    })
    .prefault({}),
  judge: z
    .strictObject({
      /** A name under `models`; absent: the writer. */
      model: z.string().optional(),
      mode: z.enum(['yes-no', 'graded']).default('yes-no'),
    })
    .prefault({}),
  /** The source passage must be among the first k of the untrained fusion; 0 turns the filter off. */
  roundTrip: count.default(20),
  validation: share.default(0.2),
});
