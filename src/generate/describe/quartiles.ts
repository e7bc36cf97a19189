import { quantile } from '../../core/quantile.js';

/** Where the middle of some values lies. */
export interface Quartiles {
  readonly low: number;
  readonly median: number;
  readonly high: number;
}

/** The 25th, 50th and 75th percentile, interpolated between neighbours (type 7 of Hyndman and Fan); undefined for no values. */
export function quartiles(values: readonly number[]): Quartiles | undefined {
  if (values.length === 0) return undefined;
  const sorted = values.toSorted((a, b) => a - b);
  return { low: quantile(sorted, 0.25), median: quantile(sorted, 0.5), high: quantile(sorted, 0.75) };
}
