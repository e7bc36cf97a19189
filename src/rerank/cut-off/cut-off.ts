import { z } from 'zod';
import { RankforgeError } from '../../core/errors.js';
import type { Ranking } from '../../core/ranking.js';
import { readFitted, writeFitted } from '../fitted-file.js';

/** From which value on a passage is kept, and what is promised of it. As plain JSON. */
export const CutOff = z.strictObject({
  format: z.literal(1),
  risk: z.enum(['irrelevant-kept', 'relevant-missed']),
  /** The mean over queries of what `risk` counts is at most this … */
  alpha: z.number().gt(0).lt(1),
  /** … except with this probability, over the judged queries drawn. */
  delta: z.number().gt(0).lt(1),
  /** What the threshold is compared with. */
  on: z.enum(['score', 'probability']),
  /** Kept are passages at it or above. */
  threshold: z.number(),
  /** On the judged queries that tested it. */
  figures: z.strictObject({
    queries: z.number().int(),
    /** Both risks' means, 0 to 1. */
    irrelevantKept: z.number(),
    relevantMissed: z.number(),
    /** Passages kept a query, the mean. */
    kept: z.number(),
  }),
});
export type CutOff = z.infer<typeof CutOff>;

/**
 * A ranking without what lies below the cut-off; ranks count on from 1. Nothing may be left: then nothing is relevant.
 * @throws RankforgeError `usage` where the cut-off is of probabilities, and the ranking has none
 */
export function keepRelevant(ranking: Ranking, { on, threshold }: Pick<CutOff, 'on' | 'threshold'>): Ranking {
  const kept = ranking.items.filter((item) => {
    const value = item[on];
    if (value !== undefined) return value >= threshold;
    throw new RankforgeError('usage', 'The cut-off is of probabilities, and the ranking has none', {
      where: ranking.queryId,
      hint: 'Rerank with the calibration that the cut-off was fitted with.',
    });
  });
  return { ...ranking, items: kept.map((item, index) => ({ ...item, rank: index + 1 })) };
}

/** @throws RankforgeError `disk-full`, `no-permission` */
export const writeCutOff = (path: string, cutOff: CutOff): Promise<void> => writeFitted(path, cutOff);

/** @throws RankforgeError `missing-file`, `bad-file` */
export const readCutOff = (path: string): Promise<CutOff> => readFitted(path, CutOff, 'cut-off');
