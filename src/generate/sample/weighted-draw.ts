/**
 * Draws rows without replacement, each with probability in proportion to exp(logWeight) among those left (Gumbel top-k):
 * the rows with the greatest log-weight + Gumbel noise, greatest first.
 * @param logWeights natural logarithms; −Infinity is never drawn
 * @param uniforms one number in [0, 1) a row, from its own random stream
 * @returns at most `count` indexes
 * @see Kool, van Hoof & Welling 2019, "Stochastic Beams and Where to Find Them", arXiv:1903.06059
 */
export function drawWeighted(
  logWeights: ArrayLike<number>,
  uniforms: ArrayLike<number>,
  count: number,
): number[] {
  const keys = Float64Array.from(logWeights, (weight, i) => weight + gumbel(uniforms[i]!));
  const drawable: number[] = [];
  for (let i = 0; i < keys.length; i++) if (keys[i]! > Number.NEGATIVE_INFINITY) drawable.push(i);
  return drawable.sort((a, b) => keys[b]! - keys[a]! || a - b).slice(0, count);
}

/** Standard Gumbel noise from a uniform number. 0 is a value of a random stream, and has no logarithm. */
export const gumbel = (uniform: number): number => -Math.log(-Math.log(Math.max(uniform, 2 ** -54)));
