import { quantile } from '../core/quantile.js';
import { randomStream } from '../core/random.js';
import { mean } from '../core/vectors.js';

export interface BootstrapOptions {
  readonly seed: number;
  /** Resamples. @default 10000 */
  readonly samples?: number;
  /** The share of resampled means inside the interval, (0, 1). @default 0.95 */
  readonly level?: number;
}

export interface Interval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/**
 * The percentile bootstrap interval of a mean: values are drawn with replacement, and the interval holds the middle
 * `level` of the resampled means. For the difference of two systems give the differences by query.
 * @returns all three 0 where there is no value, and equal where there is one
 * @see Efron & Tibshirani 1993, An Introduction to the Bootstrap, chapter 13
 */
export function bootstrapInterval(
  values: readonly number[],
  { seed, samples = 10_000, level = 0.95 }: BootstrapOptions,
): Interval {
  if (values.length === 0) return { mean: 0, low: 0, high: 0 };
  const random = randomStream(seed, 'bootstrap');
  const means = new Float64Array(samples);
  for (let sample = 0; sample < samples; sample++) {
    let sum = 0;
    for (let i = 0; i < values.length; i++) sum += values[random.int(values.length)]!;
    means[sample] = sum / values.length;
  }
  means.sort();
  const tail = (1 - level) / 2;
  return { mean: mean(values), low: quantile(means, tail), high: quantile(means, 1 - tail) };
}
