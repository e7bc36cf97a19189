interface ApportionOptions {
  /** At most this many for each; absent: no limit. */
  readonly capacities?: ArrayLike<number>;
  /** This many for each first, as far as its capacity goes, whatever its weight. @default 0 */
  readonly least?: number;
}

/**
 * Divides a whole number by weights, exactly: each gets its quota rounded down, and what is left goes to the largest
 * remainders (Hamilton's method; the earlier one on a tie). What one cannot take is divided among the others by the same
 * rule. The sum is `total` wherever the capacities of those with a weight above 0 allow it.
 * @param weights any numbers, 0 or more; not all of them 0 if anything is to be given
 * @param total a whole number, 0 or more
 */
export function apportion(
  weights: ArrayLike<number>,
  total: number,
  { capacities, least = 0 }: ApportionOptions = {},
): number[] {
  const capacity = (i: number) => capacities?.[i] ?? Number.POSITIVE_INFINITY;
  const given = Array.from(weights, (_, i) => Math.min(least, capacity(i)));
  let left = total - given.reduce((sum, one) => sum + one, 0);
  while (left > 0) {
    const open = given.map((_, i) => i).filter((i) => weights[i]! > 0 && given[i]! < capacity(i));
    if (open.length === 0) break;
    const sum = open.reduce((all, i) => all + weights[i]!, 0);
    const quotas = open.map((i) => (left * weights[i]!) / sum);
    // Rounded, or 2.9999999999999996 would lose a whole one to its remainder.
    const floors = quotas.map((quota) => Math.floor(quota + 1e-9));
    const spare = left - floors.reduce((all, floor) => all + floor, 0);
    const order = open
      .map((_, at) => at)
      .sort((a, b) => quotas[b]! - floors[b]! - (quotas[a]! - floors[a]!) || a - b);
    for (const [place, at] of order.entries()) {
      const i = open[at]!;
      const share = Math.min(floors[at]! + (place < spare ? 1 : 0), capacity(i) - given[i]!);
      given[i]! += share;
      left -= share;
    }
  }
  return given;
}
