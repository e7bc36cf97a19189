import { randomStream } from '../../core/random.js';
import { choiceLoss } from './choices.js';
import type { Loss, LossContext } from './loss.js';
import { discount, exponentialGain, idealDcg } from './ndcg.js';
import { sampleRanking } from './sample-rankings.js';

export interface PgRankOptions extends LossContext {
  /** What an item is worth. @default 2^label − 1 */
  readonly gain?: (label: number) => number;
  /** Rankings drawn, at least 2. @default 16 */
  readonly samples?: number;
  /** Ranks that count, and that a ranking is drawn for. @default 10 */
  readonly cutoff?: number;
}

/**
 * Neural PG-RANK: scores are a policy over rankings (Plackett-Luce), and its expected nDCG is raised by policy gradient.
 * L = 1 − E_π[nDCG(π)];  dL/ds = − 1/M Σ_m (U_m − b_m) d/ds ln P(π_m), b_m the mean utility of the other M − 1 samples
 * The value is 1 − the samples' mean, the gradient an unbiased estimate of the expectation's: they agree in the mean, not draw by
 * draw. Only the picks down to the cutoff have a gradient, as what follows earns nothing.
 * @param s student scores  @param t grades. A list without gains has loss 0
 * @param options `random` should be another stream at each step, or every step sees the same noise
 * @see Gao et al. 2023, arXiv:2310.04407; Kool et al. 2019 (the leave-one-out baseline)
 */
export function pgRank(s: Float64Array, t: Float64Array, options: PgRankOptions = {}): Loss {
  const { gain = exponentialGain, cutoff = 10, random = randomStream(0, 'loss') } = options;
  const samples = Math.max(2, options.samples ?? 16);
  const n = s.length;
  const grad = new Float64Array(n);
  const gains = t.map(gain);
  const ideal = idealDcg(gains, cutoff);
  if (ideal <= 0) return { value: 0, grad };
  const from = Int32Array.from({ length: n }, (_, k) => k);
  const drawn = Array.from({ length: samples }, () => {
    const order = sampleRanking(s, random);
    return {
      order,
      utility:
        order.slice(0, cutoff).reduce<number>((sum, item, k) => sum + gains[item]! * discount(k + 1), 0) /
        ideal,
    };
  });
  const total = drawn.reduce((sum, { utility }) => sum + utility, 0);
  const picks = Float64Array.from({ length: n }, (_, k) => (k < cutoff ? 1 : 0));
  for (const { order, utility } of drawn) {
    const advantage = utility - (total - utility) / (samples - 1);
    if (advantage === 0) continue;
    // choiceLoss is − ln P of the picks.
    const unlikely = choiceLoss(s, { order, from, weights: picks, winner: 'within' });
    for (let i = 0; i < n; i++) grad[i]! += (advantage * unlikely.grad[i]!) / samples;
  }
  return { value: 1 - total / samples, grad };
}
