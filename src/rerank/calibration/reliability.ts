export interface ReliabilityBin {
  /** Mean predicted probability. */
  readonly predicted: number;
  /** Share that is relevant. */
  readonly observed: number;
  readonly count: number;
}

/** Pairs of probability and relevance in equal-width bins; empty ones are left out. */
export function reliabilityBins(pairs: readonly (readonly [number, boolean])[], bins = 10): ReliabilityBin[] {
  const sums = Array.from({ length: bins }, () => ({ predicted: 0, observed: 0, count: 0 }));
  for (const [probability, relevant] of pairs) {
    const bin = sums[Math.min(bins - 1, Math.floor(probability * bins))]!;
    bin.predicted += probability;
    bin.observed += relevant ? 1 : 0;
    bin.count++;
  }
  return sums
    .filter(({ count }) => count > 0)
    .map(({ predicted, observed, count }) => ({
      predicted: predicted / count,
      observed: observed / count,
      count,
    }));
}

/**
 * ECE: mean over the bins of |predicted − observed|, weighted by their counts. 0 to 1, 0 is best.
 * @see Naeini, Cooper & Hauskrecht 2015, doi:10.1609/aaai.v29i1.9602
 */
export function expectedCalibrationError(pairs: readonly (readonly [number, boolean])[], bins = 10): number {
  return reliabilityBins(pairs, bins).reduce(
    (sum, { predicted, observed, count }) => sum + (Math.abs(predicted - observed) * count) / pairs.length,
    0,
  );
}
