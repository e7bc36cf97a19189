import { RankforgeError } from '../../core/errors.js';
import type { VarianceEstimate } from './design-variance.js';
import type { SampledUnit } from './sampled-unit.js';

/**
 * How much the total would differ with other clusters (queries) of the same population, drawing and judging them included: the spread of the
 * clusters' shares in it, each less what it would be at the mean.
 * @param shares each unit's share in the total
 * @see Liang & Zeger 1986, doi:10.1093/biomet/73.1.13; Egami et al. 2023, arXiv:2306.04746, appendix
 */
export function clusterVariance(
  units: readonly SampledUnit[],
  shares: readonly number[],
  weights: readonly number[],
): VarianceEstimate {
  const clusters = new Map<string, { share: number; weight: number }>();
  for (const [index, { cluster = `${index}` }] of units.entries()) {
    const one = clusters.get(cluster) ?? { share: 0, weight: 0 };
    one.share += shares[index]!;
    one.weight += weights[index]!;
    clusters.set(cluster, one);
  }
  const count = clusters.size;
  if (count < 2) {
    throw new RankforgeError('too-little-data', 'Of one query nothing follows for others', {
      hint: 'Give judgements of several queries, or ask about these units alone.',
    });
  }
  const total = shares.reduce((sum, share) => sum + share, 0);
  const whole = weights.reduce((sum, weight) => sum + weight, 0);
  // Coefficients of a difference sum to 0: then each cluster is expected to have the same share.
  const isMean = Math.abs(whole) > 1e-9;
  let square = 0;
  for (const { share, weight } of clusters.values())
    square += (share - total * (isMean ? weight / whole : 1 / count)) ** 2;
  return { variance: (square * count) / (count - 1), degrees: count - 1 };
}
