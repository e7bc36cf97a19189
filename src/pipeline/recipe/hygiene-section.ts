import { z } from 'zod';
import { type NgramRuleName, ngramRules } from '../../generate/hygiene/ngram-overlap.js';
import { piiKinds } from '../../generate/hygiene/pii/span.js';
import { share } from './values.js';

/** What is kept out of the training set; the collection that is searched stays as it is. */
export const HygieneSection = z
  .strictObject({
    /** ISO 639-1 codes of the languages wanted; absent: all. */
    languages: z.array(z.string().length(2)).min(1).optional(),
    /** Whether passages too short to tell are kept. */
    unknownLanguage: z.enum(['keep', 'drop']).default('keep'),
    /** Puts placeholders for personal data: true for every kind, or the kinds. */
    pii: z
      .union([
        z.boolean(),
        z.strictObject({
          kinds: z.array(z.enum(piiKinds)).min(1).optional(),
          /** ISO 3166 codes, for national phone and identity numbers. */
          countries: z.array(z.string().length(2)).min(1).optional(),
        }),
      ])
      .default(false),
    /** BEIR folders, beside the recipe, whose queries must not be repeated nor their texts trained on. */
    against: z.array(z.string().min(1)).default([]),
    /** Published rule of shared n-grams that makes a text contaminated. */
    ngrams: z
      .union([z.enum(Object.keys(ngramRules) as [NgramRuleName, ...NgramRuleName[]]), z.literal(false)])
      .default('palm'),
    /** Least cosine with an evaluation text that makes a query or a passage contaminated too; absent: none is embedded for this. */
    embedding: z.number().gt(0).max(1).optional(),
  })
  .prefault({});

/** How training and validation are told apart. */
export const SplitSection = z
  .strictObject({
    /** What is kept together: near-copies and documents always, and topics where asked for. */
    by: z.enum(['document', 'topic']).default('document'),
    /** How far a share may be off. */
    tolerance: share.default(0.02),
  })
  .prefault({});
