import type { Random } from '../../core/random.js';
import { orderOf } from './loss.js';

/**
 * A ranking drawn from Plackett-Luce: items sorted by score plus Gumbel noise.
 * @see Gumbel 1954; Yellott 1977, doi:10.1016/0022-2496(77)90026-8
 */
export const sampleRanking = (s: Float64Array, random: Random): Int32Array =>
  // 1 − u keeps the inner logarithm finite; its own is of a number above 0.
  orderOf(s.map((score) => score - Math.log(-Math.log1p(-Math.max(random.next(), Number.MIN_VALUE)))));
