import type { Interval } from '../../evaluate/bootstrap-interval.js';

/**
 * The exact interval of a share: the shares under which so few successes, or so many, are not too unlikely. At 0 and at all
 * of them it is still an interval, where a bootstrap would have none.
 * @param successes at least 0, at most `trials`; either may be fractional, for an effective number of trials
 * @returns `mean` is the share that was seen; all from 0 to 1 where there was no trial
 * @see Clopper & Pearson 1934, doi:10.1093/biomet/26.4.404; Korn & Graubard 1998 for fractions of trials
 */
export function clopperPearson(successes: number, trials: number, level = 0.95): Interval {
  if (!(trials > 0)) return { mean: 0, low: 0, high: 1 };
  const tail = (1 - level) / 2;
  const failures = trials - successes;
  return {
    mean: successes / trials,
    low: successes <= 0 ? 0 : betaQuantile(tail, successes, failures + 1),
    high: failures <= 0 ? 1 : betaQuantile(1 - tail, successes + 1, failures),
  };
}

/** The value below which a share of Beta(a, b) lies, by halving: the distribution has no closed inverse. */
function betaQuantile(share: number, a: number, b: number): number {
  let [low, high] = [0, 1];
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (incompleteBeta(middle, a, b) < share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * I_x(a, b), the distribution function of Beta(a, b), by its continued fraction with Lentz's method.
 * @see Press et al. 2007, Numerical Recipes, 6.4
 */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  // The fraction converges fast on this side of the mean.
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x));
  const away = (value: number): number => (Math.abs(value) < 1e-300 ? 1e-300 : value);
  let c = 1;
  let d = 1 / away(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m <= 1000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away(1 + even * d);
    c = away(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away(1 + odd * d);
    c = away(1 + odd / c);
    fraction *= d * c;
    if (Math.abs(d * c - 1) < 1e-14) break;
  }
  return (front * fraction) / a;
}

/** ln Γ(x) for x > 0: Stirling's series, which is exact to 1e-13 from 10 on, where the recurrence leads. */
function logGamma(x: number): number {
  let [shift, y] = [0, x];
  while (y < 10) shift -= Math.log(y++);
  const inverse = 1 / (y * y);
  const series =
    (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse * (1 / 1680 - inverse / 1188)))) / y;
  return shift + (y - 0.5) * Math.log(y) - y + Math.log(2 * Math.PI) / 2 + series;
}
