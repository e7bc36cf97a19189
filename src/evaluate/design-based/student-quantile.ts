import { normalQuantile } from './normal-quantile.js';

/**
 * The quantile of Student's t: the one by which an interval is widened when its variance was estimated from few units. Exact for
 * 1 and 2 degrees of freedom, else by Hill's expansion, to 5 digits from 3 on.
 * @param probability inside (0, 1)  @param degrees of freedom, from 1; Infinity is the normal
 * @see Hill 1970, Algorithm 396, doi:10.1145/355598.355599
 */
export function studentQuantile(probability: number, degrees: number): number {
  if (!Number.isFinite(degrees)) return normalQuantile(probability);
  const two = 2 * Math.min(probability, 1 - probability);
  const sign = probability < 0.5 ? -1 : 1;
  if (probability === 0.5) return 0;
  if (degrees === 1) return sign / Math.tan((two * Math.PI) / 2);
  if (degrees === 2) return sign * Math.sqrt(2 / (two * (2 - two)) - 2);
  const n = degrees;
  const a = 1 / (n - 0.5);
  const b = (48 / a) * (1 / a);
  let c = ((20700 * a) / b - 98) * a - 16;
  c = c * a + 96.36;
  const d = ((94.5 / (b + c) - 3) / b + 1) * Math.sqrt((a * Math.PI) / 2) * n;
  let x = d * two;
  let y = x ** (2 / n);
  if (y > 0.05 + a) {
    x = normalQuantile(two / 2);
    y = x * x;
    if (n < 5) c += 0.3 * (n - 4.5) * (x + 0.6);
    c = (((0.05 * d * x - 5) * x - 7) * x - 2) * x + b + c;
    y = (((((0.4 * y + 6.3) * y + 36) * y + 94.5) / c - y - 3) / b + 1) * x;
    y = a * y * y;
    y = y > 0.002 ? Math.expm1(y) : 0.5 * y * y + y;
  } else {
    y =
      ((1 / (((n + 6) / (n * y) - 0.089 * d - 0.822) * (n + 2) * 3) + 0.5 / (n + 4)) * y - 1) *
        ((n + 1) / (n + 2)) +
      1 / y;
  }
  return sign * Math.sqrt(n * y);
}
