import type { Loss, LossContext } from './loss.js';
import { discount, exponentialGain, idealDcg } from './ndcg.js';
import { neuralSort, neuralSortBackward } from './neural-sort.js';
import { type SinkhornOptions, sinkhorn, sinkhornBackward } from './sinkhorn.js';

export interface NeuralNdcgOptions extends SinkhornOptions, LossContext {
  /** What an item is worth. @default 2^label − 1 */
  readonly gain?: (label: number) => number;
  /** τ of NeuralSort: low is nearer to nDCG and has smaller gradients. @default 1 */
  readonly temperature?: number;
  /** Ranks that count. @default all */
  readonly cutoff?: number;
}

/**
 * NeuralNDCG: nDCG of the gains as a soft permutation sorts them, made doubly stochastic so that no gain counts twice.
 * L = 1 − 1/ideal Σ_{r ≤ cutoff} d_r (P g)_r, P = sinkhorn(neuralSort(s)), d_r = 1 / log2(1 + r)
 * Time is quadratic in the list's length and grows with the iterations, memory is quadratic.
 * @param s student scores  @param t grades. A list without gains has loss 0
 * @see Pobrotyn & Białobrzeski 2021, arXiv:2102.07831
 */
export function neuralNdcg(
  s: Float64Array,
  t: Float64Array,
  {
    gain = exponentialGain,
    temperature = 1,
    cutoff = Number.POSITIVE_INFINITY,
    ...rest
  }: NeuralNdcgOptions = {},
): Loss {
  const n = s.length;
  const gains = t.map(gain);
  const ideal = idealDcg(gains, cutoff);
  if (ideal <= 0) return { value: 0, grad: new Float64Array(n) };
  const rough = neuralSort(s, temperature);
  const scaled = sinkhorn(rough, n, rest);
  const upstream = new Float64Array(n * n);
  let value = 1;
  for (let r = 0; r < Math.min(n, cutoff); r++) {
    for (let j = 0; j < n; j++) {
      const worth = (discount(r + 1) * gains[j]!) / ideal;
      upstream[r * n + j] = -worth;
      value -= worth * scaled.matrix[r * n + j]!;
    }
  }
  return { value, grad: neuralSortBackward(s, temperature, rough, sinkhornBackward(scaled, n, upstream)) };
}
