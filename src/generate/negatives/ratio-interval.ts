/** The standard normal's quantile of 97.5 per cent. */
const z = 1.959963984540054;

/** One query's part of a ratio of sums: 0 ≤ numerator ≤ denominator. */
export interface RatioPart {
  readonly numerator: number;
  readonly denominator: number;
}

export interface RatioInterval {
  /** Σ numerators / Σ denominators, 0 where there is nothing. */
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/**
 * A share with its interval where what is counted comes in groups (a query's passages are alike): Wilson's interval at the effective
 * sample size, which is the count of independent draws that would be as uncertain as the groups are. Where no group differs from another, as
 * with no false negative at all, every group counts as one draw. 0 to 1 where there is nothing. Of 95 per cent, and rough below some 20 groups.
 * @see Wilson 1927, doi:10.1080/01621459.1927.10502953; Kish 1965, Survey Sampling (design effect); Franco, Little, Louis & Slud 2019,
 * doi:10.1093/jssam/smy019 (Wilson's interval for clustered samples)
 */
export function ratioInterval(parts: readonly RatioPart[]): RatioInterval {
  const groups = parts.filter(({ denominator }) => denominator > 0);
  const total = groups.reduce((sum, { denominator }) => sum + denominator, 0);
  if (groups.length === 0) return { value: 0, low: 0, high: 1 };
  const value = groups.reduce((sum, { numerator }) => sum + numerator, 0) / total;
  const spread = groups.reduce(
    (sum, { numerator, denominator }) => sum + (numerator - value * denominator) ** 2,
    0,
  );
  const variance = groups.length > 1 ? ((groups.length / (groups.length - 1)) * spread) / total ** 2 : 0;
  const effective = variance > 0 ? Math.min(total, (value * (1 - value)) / variance) : groups.length;
  const centre = (value + z ** 2 / (2 * effective)) / (1 + z ** 2 / effective);
  const half =
    (z / (1 + z ** 2 / effective)) *
    Math.sqrt((value * (1 - value)) / effective + z ** 2 / (4 * effective ** 2));
  return { value, low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}
