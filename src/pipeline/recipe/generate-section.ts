import { z } from 'zod';
import { exportNames, namesFormats } from '../../formats/cards/export-set.js';
import { defaultTypes } from '../../generate/queries/query-types.js';
import { SampleSettings } from '../../generate/sample/sample-settings.js';
import { SelectionSettings } from '../../generate/select/selection-settings.js';
import { EditsSection, GradedSection } from './graded-section.js';
import { HygieneSection, SplitSection } from './hygiene-section.js';
import { JudgeSection } from './judge-section.js';
import { NegativesSection } from './negatives-section.js';
import { querySection } from './query-section.js';
import { TopicsSection } from './topics-section.js';
import { count, positive, share } from './values.js';

const Given = z.strictObject({
  /** A name under `models`. */
  model: z.string(),
  /** Accepted training queries wanted: exactly this many, or the run says why not. */
  count: positive,
  /** Has the passages written too; absent: queries are written about the dataset's. */
  topics: TopicsSection.optional(),
  /** How passages are drawn that queries are written about. */
  sample: SampleSettings.prefault({ method: 'uniform' }),
  /** How many of them; absent: all with `uniform`, else twice the count. */
  documents: positive.optional(),
  /** Shortest passage, in words, that a query is written about. */
  minWords: count.default(25),
  ...querySection,
  graded: GradedSection,
  edits: EditsSection,
  negatives: NegativesSection,
  judge: JudgeSection,
  hygiene: HygieneSection,
  /** Picks the set from a larger one; absent: all that was accepted counts. */
  select: SelectionSettings.optional(),
  /** With `select`, how many times the count is made. */
  oversample: z.number().min(1).max(100).default(2),
  validation: share.default(0.2),
  split: SplitSection,
  /** What the cards say besides counts; the set's name is the recipe's. */
  card: z
    .strictObject({
      license: z.string().min(1).optional(),
      languages: z.array(z.string().min(2)).optional(),
      url: z.url().optional(),
    })
    .default({}),
  /** Formats that the set is exported to, and cards that describe those files. */
  exports: z
    .array(z.enum(exportNames))
    .refine(
      (names) => names.length === 0 || namesFormats(names),
      'name a format beside the cards: they describe its files',
    )
    .default(['sentence-transformers-triplets', 'sentence-transformers-listwise', 'msmarco']),
});

/** How the training set is made. */
export const GenerateSection = Given.transform(({ sample, types, ...given }) => ({
  ...given,
  types: types ?? defaultTypes,
  // Types that somebody gave go before those of a log.
  sample: sample.method === 'query-log' ? { ...sample, types: sample.types && types === undefined } : sample,
}));
export type GenerateSection = z.infer<typeof GenerateSection>;
