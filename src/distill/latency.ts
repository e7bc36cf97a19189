import { z } from 'zod';

/** Time for a list of `passages`, features included, vectors given. */
export const Latency = z.strictObject({
  /** Median. */
  milliseconds: z.number(),
  passages: z.number().int(),
  /** 95th percentile. Older cards have none. */
  p95: z.number().optional(),
  /** Lists that were timed. */
  runs: z.number().int().optional(),
});
export type Latency = z.infer<typeof Latency>;

/** Milliseconds for 100 passages, by which students are chosen. */
export const per100 = ({ milliseconds, passages }: Pick<Latency, 'milliseconds' | 'passages'>): number =>
  (milliseconds * 100) / Math.max(1, passages);
