import { sigmoid, softplus } from '../../core/logistic.js';

/**
 * Platt scaling: p = 1 / (1 + e^(slope · s + offset)) by maximum likelihood, with targets (n₊ + 1)/(n₊ + 2) and
 * 1/(n₋ + 2), so that separable data gives finite parameters. A slope that would make probabilities fall with the score
 * becomes 0: the share of relevant passages for all.
 * @see Platt 1999; Lin, Lin & Weng 2007, doi:10.1007/s10994-007-5018-6 (Newton's method with backtracking)
 */
export function fitPlatt(
  scores: readonly number[],
  relevant: readonly boolean[],
): { method: 'platt'; slope: number; offset: number } {
  const positives = relevant.filter(Boolean).length;
  const negatives = relevant.length - positives;
  const targets = relevant.map((yes) => (yes ? (positives + 1) / (positives + 2) : 1 / (negatives + 2)));
  const lossAt = (slope: number, offset: number): number =>
    scores.reduce((sum, s, i) => {
      const x = slope * s + offset;
      return sum + softplus(x) - (1 - targets[i]!) * x;
    }, 0);
  const flat = Math.log((negatives + 1) / (positives + 1));
  let [slope, offset] = [0, flat];
  for (let step = 0; step < 100; step++) {
    let [g1, g2, h11, h12, h22] = [0, 0, 1e-9, 0, 1e-9];
    for (const [i, s] of scores.entries()) {
      const p = sigmoid(-(slope * s + offset));
      const error = targets[i]! - p;
      const weight = p * (1 - p);
      g1 += s * error;
      g2 += error;
      h11 += s * s * weight;
      h12 += s * weight;
      h22 += weight;
    }
    if (Math.abs(g1) < 1e-7 && Math.abs(g2) < 1e-7) break;
    const determinant = h11 * h22 - h12 * h12;
    const [d1, d2] = [(h12 * g2 - h22 * g1) / determinant, (h12 * g1 - h11 * g2) / determinant];
    const before = lossAt(slope, offset);
    let length = 1;
    while (
      length > 1e-10 &&
      lossAt(slope + length * d1, offset + length * d2) > before + 1e-4 * length * (g1 * d1 + g2 * d2)
    ) {
      length /= 2;
    }
    if (!(length > 1e-10)) break;
    slope += length * d1;
    offset += length * d2;
  }
  return slope <= 0 && Number.isFinite(slope + offset)
    ? { method: 'platt', slope, offset }
    : { method: 'platt', slope: 0, offset: flat };
}
