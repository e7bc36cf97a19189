import { RankforgeError } from '../../core/errors.js';
import type { SampledUnit } from './sampled-unit.js';

export interface VarianceEstimate {
  readonly variance: number;
  /** Degrees of freedom of its estimate. */
  readonly degrees: number;
}

/**
 * How much the estimate would differ from one draw of the sample to another. For strata Σ N²(1 − n/N) s²/n, unbiased for residuals that
 * are not fitted; for units drawn each alone Σ (1 − π) e² / π².
 * @param residuals of drawn units, times their coefficients  @param fitted numbers that were fitted to the sample
 * @see Särndal, Swensson & Wretman 1992, results 3.7.2 and 3.5.1
 */
export function designVariance(
  units: readonly SampledUnit[],
  residuals: readonly number[],
  { design, fitted }: { readonly design: 'stratified' | 'poisson'; readonly fitted: number },
): VarianceEstimate {
  const drawn = units.flatMap(({ observed }, index) => (observed === undefined ? [] : [index]));
  if (design === 'poisson') {
    const variance = drawn.reduce((sum, index) => {
      const { probability } = units[index]!;
      return sum + ((1 - probability) * residuals[index]! ** 2) / probability ** 2;
    }, 0);
    const degrees = drawn.length - fitted;
    return { variance: (variance * drawn.length) / Math.max(1, degrees), degrees };
  }
  const strata = new Map<string, { size: number; residuals: number[] }>();
  for (const [index, { stratum = '', observed }] of units.entries()) {
    const one = strata.get(stratum) ?? { size: 0, residuals: [] };
    one.size++;
    if (observed !== undefined) one.residuals.push(residuals[index]!);
    strata.set(stratum, one);
  }
  let variance = 0;
  let degrees = 0;
  for (const [stratum, { size, residuals: own }] of strata) {
    const n = own.length;
    if (n === size) continue;
    if (n < 2) throw tooFew(stratum, n, size);
    const centre = own.reduce((sum, value) => sum + value, 0) / n;
    const square = own.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (n - 1);
    variance += (size ** 2 * (1 - n / size) * square) / n;
    degrees += n - 1;
  }
  // The mean of a stratum's residuals is one fitted number already.
  const left = Math.max(1, degrees - Math.max(0, fitted - 1));
  return { variance: degrees === 0 ? 0 : (variance * degrees) / left, degrees: left };
}

const tooFew = (stratum: string, drawn: number, size: number): RankforgeError =>
  new RankforgeError('too-little-data', `Of the ${size} units of stratum "${stratum}" ${drawn} are judged`, {
    where: stratum,
    hint: 'Draw at least two of each stratum, or join small strata.',
  });
