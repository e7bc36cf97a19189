import { z } from 'zod';
import { positive } from './values.js';

/** Where there are no documents: what the set is about. Topics, queries and passages are all written. */
export const TopicsSection = z.strictObject({
  /** In your words, for instance "care of houseplants". */
  domain: z.string().trim().min(1).max(1000),
  /** Topics of your own, which come first. */
  known: z.array(z.string().trim().min(1).max(200)).default([]),
  /** Queries a topic; where the model has no more topics, those that there are get more. */
  perTopic: positive.default(1),
});
