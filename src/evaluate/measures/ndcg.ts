import { type Grades, type MeasureOptions, topOf } from './measure.js';

type Gain = (grade: number) => number;

/**
 * nDCG of one ranking: gain = grade, discount = log2(rank + 1), as trec_eval's ndcg and ndcg_cut.
 * Grades below 1 and unjudged passages have no gain; `relevantFrom` has no say.
 * @param ranking passage ids, best first
 * @returns 0 to 1, and 0 when no passage has a gain
 * @throws {RangeError} when `cutoff` is no positive whole number
 * @see Järvelin & Kekäläinen 2002, doi:10.1145/582415.582418
 */
export function ndcg(ranking: readonly string[], grades: Grades, { cutoff }: MeasureOptions = {}): number {
  return normalisedGain(ranking, grades, cutoff, (grade) => grade);
}

/**
 * nDCG with the gain 2^grade − 1, which learning to rank uses; much lower than the linear one where few passages have
 * the top grade, so the two are never compared.
 * @see Burges et al. 2005, doi:10.1145/1102351.1102363
 */
export function ndcgExponential(
  ranking: readonly string[],
  grades: Grades,
  { cutoff }: MeasureOptions = {},
): number {
  return normalisedGain(ranking, grades, cutoff, (grade) => 2 ** grade - 1);
}

function normalisedGain(
  ranking: readonly string[],
  grades: Grades,
  cutoff: number | undefined,
  gain: Gain,
): number {
  const top = topOf(ranking, cutoff);
  const ideal = [...grades.values()].sort((a, b) => b - a);
  const best = discountedGain(cutoff === undefined ? ideal : ideal.slice(0, cutoff), gain);
  return best > 0
    ? discountedGain(
        top.map((id) => grades.get(id) ?? 0),
        gain,
      ) / best
    : 0;
}

function discountedGain(grades: readonly number[], gain: Gain): number {
  return grades.reduce(
    (sum, grade, index) => (grade > 0 ? sum + gain(grade) / Math.log2(index + 2) : sum),
    0,
  );
}
