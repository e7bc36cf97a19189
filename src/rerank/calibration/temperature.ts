import { sigmoid } from '../../core/logistic.js';

// A temperature beyond these is a step, or one probability for all.
const [least, most] = [1e-6, 1e6];

/**
 * Temperature scaling: p = 1 / (1 + e^(−s / T)) by maximum likelihood, for scores that are log-odds already but too sure of
 * themselves, or not enough. One parameter, so it overfits least; a score of 0 stays at one half. Targets are Platt's, so that
 * separable data gives a finite T. Scores that tell nothing, or the reverse, get the highest T: one half for all.
 * @see Guo et al. 2017, arXiv:1706.04599
 */
export function fitTemperature(
  scores: readonly number[],
  relevant: readonly boolean[],
): { method: 'temperature'; temperature: number } {
  const positives = relevant.filter(Boolean).length;
  const [high, low] = [(positives + 1) / (positives + 2), 1 / (relevant.length - positives + 2)];
  // The loss is convex in 1 / T, so its slope rises and has one root.
  const slope = (inverse: number): number =>
    scores.reduce((sum, s, i) => sum + s * (sigmoid(inverse * s) - (relevant[i] ? high : low)), 0);
  let [from, to] = [1 / most, 1 / least];
  if (slope(from) >= 0) return { method: 'temperature', temperature: most };
  if (slope(to) <= 0) return { method: 'temperature', temperature: least };
  // Halved on a logarithmic scale: 60 times leave nothing of twelve decades.
  for (let step = 0; step < 60; step++) {
    const middle = Math.sqrt(from * to);
    if (slope(middle) < 0) from = middle;
    else to = middle;
  }
  return { method: 'temperature', temperature: 1 / Math.sqrt(from * to) };
}
