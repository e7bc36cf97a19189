import { z } from 'zod';
import { positive, share } from './values.js';

const lengths = z.tuple([positive, positive, positive, positive]);

/** Written passages of levels 3 to 0; a number alone is their share. */
const GradedSettings = z.strictObject({
  /** Share of the queries that get them. */
  share: share.default(0.1),
  /** Words, dealt to the levels. */
  lengths: lengths.default([30, 45, 60, 75]),
  /** Kinds of text, dealt to the levels; absent: the bundled ones. */
  styles: z.array(z.string().trim().min(1).max(100)).min(4).optional(),
  /** What happens where the judge puts a passage at another level. */
  onDisagreement: z.enum(['relabel', 'drop', 'rewrite']).default('relabel'),
  rewrites: positive.default(1),
  /** What happens where length alone tells the grades of written passages apart. */
  lengthBias: z.enum(['fail', 'warn']).default('fail'),
});

export const GradedSection = z
  .union([share, GradedSettings])
  .default(0.1)
  .transform((given) => (typeof given === 'number' ? GradedSettings.parse({ share: given }) : given));

/** Minimal edits of source passages. */
export const EditsSection = z
  .strictObject({
    /** Share of the queries whose source is edited. */
    share: share.default(0),
    how: z
      .array(z.enum(['missing', 'wrong']))
      .min(1)
      .default(['missing']),
  })
  .prefault({});
