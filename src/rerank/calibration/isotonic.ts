export interface IsotonicPoints {
  /** Rising. */
  readonly scores: readonly number[];
  /** Not falling, 0 to 1. */
  readonly probabilities: readonly number[];
}

/**
 * Isotonic regression by pooling adjacent violators: the non-decreasing function of the score nearest to relevance in
 * least squares. Equal scores are one point.
 * @param relevant whether, or how far, from 0 to 1
 * @see Ayer et al. 1955; Zadrozny & Elkan 2002, doi:10.1145/775047.775151
 */
export function fitIsotonic(
  scores: readonly number[],
  relevant: readonly (boolean | number)[],
): { method: 'isotonic' } & IsotonicPoints {
  const order = [...scores.keys()].sort((a, b) => scores[a]! - scores[b]!);
  const blocks: { from: number; to: number; sum: number; count: number }[] = [];
  for (const i of order) {
    const score = scores[i]!;
    const last = blocks.at(-1);
    if (last?.from === score) {
      last.sum += Number(relevant[i]);
      last.count++;
    } else blocks.push({ from: score, to: score, sum: Number(relevant[i]), count: 1 });
  }
  const pooled: typeof blocks = [];
  for (const block of blocks) {
    let own = block;
    let before = pooled.at(-1);
    while (before && before.sum / before.count >= own.sum / own.count) {
      pooled.pop();
      own = { from: before.from, to: own.to, sum: before.sum + own.sum, count: before.count + own.count };
      before = pooled.at(-1);
    }
    pooled.push(own);
  }
  const points = pooled.flatMap(({ from, to, sum, count }) =>
    (from === to ? [from] : [from, to]).map((score) => [score, sum / count] as const),
  );
  return { method: 'isotonic', scores: points.map(([s]) => s), probabilities: points.map(([, p]) => p) };
}

/** The value at a score: linear between the points, flat outside. */
export function isotonicAt({ scores, probabilities }: IsotonicPoints, score: number): number {
  if (scores.length === 0) return 0;
  const after = scores.findIndex((one) => one >= score);
  if (after < 0) return probabilities.at(-1)!;
  if (after === 0) return probabilities[0]!;
  const share = (score - scores[after - 1]!) / (scores[after]! - scores[after - 1]!);
  return probabilities[after - 1]! + share * (probabilities[after]! - probabilities[after - 1]!);
}
