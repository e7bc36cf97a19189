import { RankforgeError } from '../../core/errors.js';
import { clusterVariance } from './cluster-variance.js';
import { designVariance } from './design-variance.js';
import { fitPrediction } from './fit-prediction.js';
import type { CorrectionOptions, Estimate, SampledUnit } from './sampled-unit.js';
import { studentQuantile } from './student-quantile.js';

/** Below that many judged units a variance says nothing. */
const fewestUnits = 5;

/**
 * A total Σ c·y over all units (the mean by default), where people's y is known of a random sample and the judge's label of all:
 * Σ c·m + Σ_sample c·(y − m) / π, with m the judge's label or the line fitted to it. The second sum takes off on average
 * exactly what the first is wrong by, however bad the judge is; the known probabilities π are all that it rests on.
 * @returns the estimate with an interval by Student's t
 * @throws RankforgeError `too-little-data` for fewer than 5 drawn units, or a stratum with one of several
 * @see Egami et al. 2023, arXiv:2306.04746 (DSL); Angelopoulos et al. 2023, arXiv:2301.09633 (PPI) and arXiv:2311.01453 (fitted);
 * Särndal, Swensson & Wretman 1992, sections 5.4, 6.4 (difference and regression estimators)
 */
export function correctedTotal(units: readonly SampledUnit[], options: CorrectionOptions = {}): Estimate {
  const { use = 'fitted', target = 'these', design = 'stratified', level = 0.95 } = options;
  const drawn = units.filter(({ observed }) => observed !== undefined).length;
  if (drawn < Math.min(fewestUnits, units.length) || drawn === 0) {
    throw new RankforgeError('too-little-data', `${drawn} judged units are too few for an interval`, {
      hint: `Let people judge a sample of at least ${fewestUnits}; 100 and more give intervals of use.`,
    });
  }
  const weights = units.map(({ coefficient = 1 / units.length }) => coefficient);
  const predict = fitPrediction(units, weights, use);
  const residuals = units.map((unit, index) =>
    unit.observed === undefined ? 0 : weights[index]! * (unit.observed - predict(unit.predicted)),
  );
  const shares = units.map(
    (unit, index) => weights[index]! * predict(unit.predicted) + residuals[index]! / unit.probability,
  );
  const value = shares.reduce((sum, share) => sum + share, 0);
  const { variance, degrees } =
    target === 'larger'
      ? clusterVariance(units, design === 'poisson' ? shares : ofFixedSize(units, shares, residuals), weights)
      : designVariance(units, residuals, { design, fitted: { fitted: 2, none: 1, 'as-is': 0 }[use] });
  const standardError = Math.sqrt(variance);
  const half = standardError * studentQuantile(1 - (1 - level) / 2, Math.max(1, degrees));
  return { value, low: value - half, high: value + half, standardError };
}

/**
 * The same total with the judge's labels taken for people's: what is published where nobody looks. Its interval knows how many
 * units there are and nothing of the judge's error.
 */
export function naiveTotal(
  units: readonly SampledUnit[],
  { level = 0.95 }: CorrectionOptions = {},
): Estimate {
  const weights = units.map(({ coefficient = 1 / units.length }) => coefficient);
  const shares = units.map(({ predicted }, index) => weights[index]! * predicted);
  const value = shares.reduce((sum, share) => sum + share, 0);
  const { variance, degrees } = clusterVariance(units, shares, weights);
  const standardError = Math.sqrt(variance);
  const half = standardError * studentQuantile(1 - (1 - level) / 2, Math.max(1, degrees));
  return { value, low: value - half, high: value + half, standardError };
}

/**
 * Shares of the same sum that vary less: where so many of a stratum are drawn whatever happens, its mean residual is no matter of chance. Left
 * in, a judge that is wrong by the same amount everywhere would seem uncertain.
 */
function ofFixedSize(
  units: readonly SampledUnit[],
  shares: readonly number[],
  residuals: readonly number[],
): number[] {
  const strata = new Map<string, { sum: number; drawn: number }>();
  for (const [index, { stratum = '', observed }] of units.entries()) {
    const one = strata.get(stratum) ?? { sum: 0, drawn: 0 };
    if (observed !== undefined) one.drawn++;
    one.sum += residuals[index]!;
    strata.set(stratum, one);
  }
  return units.map(({ stratum = '', observed, probability }, index) => {
    const { sum, drawn } = strata.get(stratum)!;
    const centre = drawn > 0 ? sum / drawn : 0;
    return shares[index]! - centre * ((observed === undefined ? 0 : 1 / probability) - 1);
  });
}
