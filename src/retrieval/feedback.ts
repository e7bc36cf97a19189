import { dot } from '../core/vectors.js';
import type { DenseIndex } from './dense-index.js';
import type { Retriever } from './retriever.js';

export interface FeedbackOptions {
  /** How many of the first ranking's best are taken as relevant. @default 5 */
  readonly top?: number;
}

/** The mean of some vectors. @throws {RangeError} when there are none */
export function centroid(vectors: readonly Float32Array[]): Float32Array {
  if (vectors.length === 0) throw new RangeError('No vectors have no centroid');
  const sum = new Float32Array(vectors[0]!.length);
  for (const vector of vectors) for (let i = 0; i < sum.length; i++) sum[i]! += vector[i]! / vectors.length;
  return sum;
}

/**
 * Pseudo-relevance feedback: how near each passage is to the mean of the best of a first ranking.
 * @param vectors of the passages in the order of the first ranking, best first; unit length
 * @returns dot products with the centroid of the first `top`, aligned, -1 to 1
 * @see Rocchio 1971; Li et al. 2023, arXiv:2108.11044 (on vectors)
 */
export function feedbackScores(
  vectors: readonly Float32Array[],
  { top = 5 }: FeedbackOptions = {},
): number[] {
  if (vectors.length === 0) return [];
  const centre = centroid(vectors.slice(0, Math.max(1, top)));
  return vectors.map((vector) => dot(vector, centre));
}

/** Searches for what is near to the best that another retriever finds. */
export function feedbackRetriever(
  first: Retriever,
  index: DenseIndex,
  { top = 5 }: FeedbackOptions = {},
): Retriever {
  return {
    name: `feedback-${first.name}`,
    async search(query, k, options) {
      const found = await first.search(query, top, options);
      if (found.length === 0) return [];
      return index.search(centroid(found.map(({ id }) => index.vector(id))), k, options);
    },
  };
}
