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
  /** Ranks of each list that it was fitted on: nothing below is kept. Absent where lists were fitted on as they came. */
  depth: z.number().int().positive().optional(),
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
 * What was not reranked, or has no probability where others have one, is not known to be relevant and not kept.
 * @throws RankforgeError `usage` where the cut-off is of probabilities, and the ranking has none
 */
export function keepRelevant(
  ranking: Ranking,
  { on, threshold, depth = Number.POSITIVE_INFINITY }: Pick<CutOff, 'on' | 'threshold' | 'depth'>,
): Ranking {
  const { items, queryId } = ranking;
  if (items.length > 0 && items.every((item) => item[on] === undefined)) {
    throw new RankforgeError('usage', 'The cut-off is of probabilities, and the ranking has none', {
      where: queryId,
      hint: 'Rerank with the calibration that the cut-off was fitted with.',
    });
  }
  const last = Math.min(depth, ranking.depth ?? Number.POSITIVE_INFINITY);
  const kept = items.filter(
    (item) => item.rank <= last && (item[on] ?? Number.NEGATIVE_INFINITY) >= threshold,
  );
  return { ...ranking, items: kept.map((item, index) => ({ ...item, rank: index + 1 })) };
}

/** @throws RankforgeError `disk-full`, `no-permission` */
export const writeCutOff = (path: string, cutOff: CutOff): Promise<void> => writeFitted(path, cutOff);

/** @throws RankforgeError `missing-file`, `bad-file` */
export const readCutOff = (path: string): Promise<CutOff> => readFitted(path, CutOff, 'cut-off');
