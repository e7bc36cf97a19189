/**
 * The Hoeffding-Bentkus p-value of "the risk is above alpha": how probable a mean loss this low would be if it were.
 * min(exp(−n h₁(min(r, α), α)), e · P(Bin(n, α) ≤ ⌈n r⌉), 1), with h₁(a, b) = a ln(a/b) + (1 − a) ln((1 − a)/(1 − b)).
 * @param risk r, the mean of `n` independent losses that are each 0 to 1
 * @param alpha above 0 and below 1
 * @see Bates et al. 2021, arXiv:2101.02703; Angelopoulos et al. 2021, arXiv:2110.01052, proposition 1
 */
export function hoeffdingBentkus(risk: number, { n, alpha }: { n: number; alpha: number }): number {
  const low = Math.min(risk, alpha);
  const divergence = part(low, alpha) + part(1 - low, 1 - alpha);
  // n · risk is a sum of losses, and may be a whole number but for its last digits.
  const bentkus = Math.E * binomialBelow(Math.ceil(n * risk - 1e-9), n, alpha);
  return Math.min(1, Math.exp(-n * divergence), bentkus);
}

const part = (a: number, b: number): number => (a > 0 ? a * Math.log(a / b) : 0);

/** P(Bin(n, p) ≤ k). */
function binomialBelow(k: number, n: number, p: number): number {
  if (k >= n) return 1;
  let logTerm = n * Math.log1p(-p);
  let sum = 0;
  for (let i = 0; i <= k; i++) {
    sum += Math.exp(logTerm);
    logTerm += Math.log(((n - i) / (i + 1)) * (p / (1 - p)));
  }
  return Math.min(1, sum);
}
