import { z } from 'zod';
import { type QueryTypeName, queryTypes } from '../../generate/queries/query-types.js';
import {
  type Difficulty,
  difficulties,
  type QueryStyleName,
  queryStyles,
} from '../../generate/queries/voice.js';
import { count, positive, weight } from './values.js';

const keysOf = <K extends string>(record: Readonly<Record<K, unknown>>) =>
  z.enum(Object.keys(record) as [K, ...K[]]);
const texts = z.array(z.string().trim().min(1).max(200)).min(1).optional();

/** How queries are written and checked: a part of `generate`. */
export const querySection = {
  /** Shares of query types, in proportion; absent: those of a query log that is followed, else half questions, a quarter keywords, a quarter how-to. */
  types: z
    .partialRecord(keysOf<QueryTypeName>(queryTypes), weight)
    .refine((shares) => Object.values(shares).some((one) => one > 0), 'no type has a share above 0')
    .optional(),
  /** Who asks, and how: of each list one is drawn a query. */
  voices: z
    .strictObject({
      personas: texts,
      /** English names, such as German; `same` is the passage's own. */
      languages: texts,
      styles: z.array(keysOf<QueryStyleName>(queryStyles)).min(1).optional(),
      difficulties: z.array(keysOf<Difficulty>(difficulties)).min(1).optional(),
    })
    .optional(),
  /** Queries of yours that the model is shown: from a file beside the recipe, or of a judged split. Absent: the bundled ones. */
  examples: z
    .strictObject({
      file: z.string().min(1).optional(),
      split: z.string().min(1).optional(),
      count: positive.default(3),
    })
    .refine(({ file, split }) => (file === undefined) !== (split === undefined), 'give either file or split')
    .optional(),
  /** Leaves out queries in another language than asked for, or than their passage. */
  languageCheck: z.boolean().default(false),
  /** First passages that the judge reads to tell that an unanswerable query is one. */
  unanswerable: positive.default(5),
  /** Whether the judge must find the source not relevant under a reversed instruction. */
  reversed: z.enum(['judge', 'trust']).default('judge'),
  /** The source passage must be among the first k of the untrained fusion; 0 turns the filter off. */
  roundTrip: count.default(20),
};
