import type { Candidates } from '../../core/candidates.js';
import type { ScoredId } from '../../core/run.js';
import { interpolate } from '../../retrieval/interpolation.js';
import type { Reranker } from '../reranker.js';

export interface InterpolationOptions {
  /** Of the reranker's scores, 0 to 1; the first stage has the rest. `tuneInterpolation` finds it. @default 0.5 */
  readonly weight?: number;
}

/**
 * A reranker whose scores are interpolated with those of the first stage, as z-scores: what the first stage was sure of
 * weighs against what the reranker says. Candidates without scores count by their ranks.
 * @throws RankforgeError `usage` for a weight out of range, and what the reranker throws
 */
export function interpolatedReranker(
  reranker: Reranker,
  { weight = 0.5 }: InterpolationOptions = {},
): Reranker {
  // A weight out of range is refused now, and not after the calls.
  interpolate([], [], weight);
  return {
    async rerank(candidates, options) {
      const ranking = await reranker.rerank(candidates, options);
      const probability = new Map(ranking.items.map((item) => [item.id, item.probability]));
      return {
        ...ranking,
        items: interpolate(firstStage(candidates), ranking.items, weight).map(({ id, score }, index) => ({
          id,
          rank: index + 1,
          score,
          ...(probability.get(id) === undefined ? {} : { probability: probability.get(id)! }),
        })),
      };
    },
  };
}

/** The candidates' own scores, or, where one has none, numbers that fall by 1 a rank. */
function firstStage({ items }: Candidates): ScoredId[] {
  const scored = items.every(({ score }) => score !== undefined);
  return items.map(({ passage, score }, index) => ({
    id: passage.id,
    score: scored ? score! : items.length - index,
  }));
}
