import { z } from 'zod';
import { exportFormatNames } from '../../formats/exports/formats.js';
import { SampleSettings } from '../../generate/sample/sample-settings.js';
import { SelectionSettings } from '../../generate/select/selection-settings.js';
import { EditsSection, GradedSection } from './graded-section.js';
import { HygieneSection, SplitSection } from './hygiene-section.js';
import { JudgeSection } from './judge-section.js';
import { NegativesSection } from './negatives-section.js';
import { querySection } from './query-section.js';
import { count, positive, share } from './values.js';

/** How the training set is made. */
export const GenerateSection = z.strictObject({
  /** A name under `models`. */
  model: z.string(),
  /** Accepted training queries wanted: exactly this many, or the run says why not. */
  count: positive,
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
  /** Formats that the set is exported to. */
  exports: z
    .array(z.enum(exportFormatNames))
    .default(['sentence-transformers-triplets', 'sentence-transformers-listwise', 'msmarco']),
});
export type GenerateSection = z.infer<typeof GenerateSection>;
