import type { Candidates } from '../../core/candidates.js';
import type { Ranking } from '../../core/ranking.js';
import type { Qrels } from '../../core/run.js';
import { interpolationPair } from '../../rerank/fusion/interpolated-reranker.js';
import { type TunedInterpolation, tuneInterpolation } from '../../retrieval/interpolation.js';
import { measure } from '../parse-measure.js';

export interface TuneRerankingOptions {
  readonly qrels: Qrels;
  /** @default 'nDCG@10' */
  readonly measure?: string;
  /** Draws the parts that are held out in turn. @default 0 */
  readonly seed?: number;
}

/**
 * The weight with which a reranking is best interpolated with its first stage, over the judged queries, and what that is
 * worth on queries that did not choose it.
 * @param candidates as they were reranked @param rankings in the same order, one of each
 * @throws RankforgeError `too-little-data` with fewer than 2 judged queries; `unknown-name` for the measure
 * @see `interpolateRanking`, which takes the weight
 */
export function tuneInterpolatedReranking(
  candidates: readonly Candidates[],
  rankings: readonly Ranking[],
  { qrels, measure: name = 'nDCG@10', seed }: TuneRerankingOptions,
): TunedInterpolation {
  const { of: worthOf } = measure(name);
  const pairs = rankings.flatMap((ranking, index) =>
    qrels.has(ranking.queryId) ? [interpolationPair(candidates[index]!, ranking)] : [],
  );
  return tuneInterpolation(pairs, {
    seed,
    worth: (queryId, list) =>
      worthOf(
        list.map(({ id }) => id),
        qrels.get(queryId)!,
      ),
  });
}
