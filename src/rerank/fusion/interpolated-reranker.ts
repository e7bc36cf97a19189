import type { Candidates } from '../../core/candidates.js';
import type { Ranking } from '../../core/ranking.js';
import type { ScoredId } from '../../core/run.js';
import { type InterpolationPair, interpolate } from '../../retrieval/interpolation.js';
import type { Reranker } from '../reranker.js';

export interface InterpolationOptions {
  /** Of the reranker's scores, 0 to 1; the first stage has the rest. `tuneInterpolation` finds it. @default 0.5 */
  readonly weight?: number;
}

/**
 * A reranker whose scores are interpolated with those of the first stage: see `interpolateRanking`.
 * @throws RankforgeError `usage` for a weight out of range, and what the reranker throws
 */
export function interpolatedReranker(
  reranker: Reranker,
  { weight = 0.5 }: InterpolationOptions = {},
): Reranker {
  // A weight out of range is refused now, and not after the calls.
  interpolate([], [], weight);
  return {
    rerank: async (candidates, options) =>
      interpolateRanking(candidates, await reranker.rerank(candidates, options), weight),
  };
}

/**
 * A reranking interpolated with the first stage, as z-scores over what was reranked: what the first stage was sure of weighs
 * against what the reranker says. Candidates without scores count by their ranks; those below the depth stay there.
 * Probabilities stay those of the reranker.
 * @param weight of the reranking, 0 to 1
 * @throws RankforgeError `usage` for a weight out of range
 */
export function interpolateRanking(candidates: Candidates, ranking: Ranking, weight: number): Ranking {
  const { first, second } = interpolationPair(candidates, ranking);
  const known = new Map(ranking.items.map((item) => [item.id, item]));
  const mixed = interpolate(first, second, weight);
  const lowest = mixed.at(-1)?.score ?? 0;
  const below = ranking.items
    .slice(mixed.length)
    .map(({ id }, index) => ({ id, score: lowest - (index + 1) }));
  return {
    ...ranking,
    items: [...mixed, ...below].map(({ id, score }, index) => ({
      ...known.get(id)!,
      rank: index + 1,
      score,
    })),
  };
}

/** What the first stage and the reranker said of the candidates that were reranked. */
export function interpolationPair(candidates: Candidates, ranking: Ranking): InterpolationPair {
  const depth = ranking.depth ?? ranking.items.length;
  return {
    queryId: ranking.queryId,
    first: firstStage(candidates).slice(0, depth),
    second: ranking.items.slice(0, depth),
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
