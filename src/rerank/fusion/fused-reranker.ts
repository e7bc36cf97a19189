import { RankforgeError } from '../../core/errors.js';
import type { Reranker } from '../reranker.js';
import { type FuseRankingsOptions, fuseRankings } from './fuse-rankings.js';

/**
 * Several rerankers as one: each orders the candidates, side by side, and their rankings are fused. When one fails, the
 * others are aborted and have ended before it is seen.
 * @throws RankforgeError `usage` without a reranker; what they throw
 */
export function fusedReranker(rerankers: readonly Reranker[], options: FuseRankingsOptions = {}): Reranker {
  if (rerankers.length === 0) {
    throw new RankforgeError('usage', 'No rerankers cannot be fused', { hint: 'Give one or more.' });
  }
  return {
    async rerank(candidates, { signal, onProgress } = {}) {
      const stop = new AbortController();
      const either = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
      const work = rerankers.map((reranker) => reranker.rerank(candidates, { signal: either, onProgress }));
      try {
        return fuseRankings(await Promise.all(work), options);
      } catch (error) {
        stop.abort(error);
        await Promise.allSettled(work);
        throw error;
      }
    },
  };
}
