import { logSumExp } from '../../core/vectors.js';

/** One query: candidates' scores by part, and which candidate is the known item. */
export interface KnownItemList {
  /** parts × candidates. */
  readonly parts: readonly (readonly number[])[];
  readonly known: number;
}

/** −ln of the probability that the softmax of the weighted sum gives the known item. */
export function knownItemLoss({ parts, known }: KnownItemList, weights: readonly number[]): number {
  const scores = parts[0]!.map((_, i) =>
    weights.reduce((sum, weight, part) => sum + weight * parts[part]![i]!, 0),
  );
  return logSumExp(scores) - scores[known]!;
}

/**
 * Weights, none negative, under which the known items are most probable: a conditional logit.
 * min_w 1/n Σ_queries −ln softmax(Σ_k w_k z_k)[known] + ridge/2 Σ_{k>0} w_k²,  w ≥ 0
 * Part 0 is the untrained fusion, whose weight only sets the scale: it is held back by 0.001 in place of the ridge, so
 * that it stays finite where every known item is first. Convex; cyclic coordinate descent with Newton steps.
 * @see McFadden 1974, Conditional logit analysis of qualitative choice behavior
 */
export function fitKnownItemWeights(lists: readonly KnownItemList[], parts: number, ridge: number): number[] {
  const weights = new Array<number>(parts).fill(0);
  weights[0] = 1;
  for (let round = 0; round < 100; round++) {
    let moved = 0;
    for (let k = 0; k < parts; k++) {
      let [slope, curvature] = k === 0 ? [0.001 * weights[0]!, 0.001] : [ridge * weights[k]!, ridge];
      for (const list of lists) {
        const { first, second } = momentsOf(list, weights, k);
        slope += (first - list.parts[k]![list.known]!) / lists.length;
        curvature += (second - first * first) / lists.length;
      }
      // Half a deviation at most a step: far from the minimum the curvature says little.
      const step = Math.max(-0.5, Math.min(0.5, curvature > 0 ? slope / curvature : 0));
      const next = Math.max(0, weights[k]! - step);
      moved = Math.max(moved, Math.abs(next - weights[k]!));
      weights[k] = next;
    }
    if (moved < 1e-5) break;
  }
  return weights;
}

/** Mean and mean square of part k under the softmax. */
function momentsOf(
  { parts }: KnownItemList,
  weights: readonly number[],
  k: number,
): { first: number; second: number } {
  const scores = parts[0]!.map((_, i) =>
    weights.reduce((sum, weight, part) => sum + weight * parts[part]![i]!, 0),
  );
  const total = logSumExp(scores);
  let first = 0;
  let second = 0;
  for (const [i, z] of parts[k]!.entries()) {
    const q = Math.exp(scores[i]! - total);
    first += q * z;
    second += q * z * z;
  }
  return { first, second };
}
