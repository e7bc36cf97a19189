import type { JobOptions } from '../../core/progress.js';
import { createTurns } from '../../core/turns.js';
import { logSoftmax } from '../losses/softmax.js';
import type { TrainingList } from '../training-list.js';
import { descendLinear } from './descend-linear.js';
import { type LossSettings, openLoss } from './open-loss.js';
import type { LinearParameters } from './scorer.js';
import { fitStandardiser } from './standardise.js';
import type { Targets } from './targets.js';

export interface LinearSettings extends LossSettings {
  /** How strongly the weights are held to the prior's. Large: the prior itself. */
  readonly ridge: number;
}

/** A weighted sum of the features by the settings' loss: Newton's method where it is KL alone, else Adam. */
export async function fitLinear(
  lists: readonly TrainingList[],
  targets: Targets,
  { ridge, ...settings }: LinearSettings,
  prior: readonly number[],
  { seed, signal }: JobOptions & { readonly seed: number },
): Promise<LinearParameters> {
  const { mix, objective, contextOf } = openLoss(lists, targets, settings);
  // A weight on KL alone is a weight on the ridge.
  if (mix.length === 1 && mix[0]!.name === 'kl')
    return fitByNewton(lists, targets, { ridge: ridge / mix[0]!.weight }, prior, { signal });
  return descendLinear(lists, targets, { ridge, objective, contextOf }, prior, { seed, signal });
}

/**
 * A weighted sum of the features, as near to the prior as the targets allow:
 * min_w 1/n Σ_lists KL(teacher || softmax(X w)) + ridge/2 ‖D (w − prior)‖², D the features' deviations.
 * Convex, so Newton's method ends at its one minimum; nothing is drawn at random.
 * @param prior weights on raw features, already scaled to the targets
 */
async function fitByNewton(
  lists: readonly TrainingList[],
  targets: Targets,
  { ridge }: Pick<LinearSettings, 'ridge'>,
  prior: readonly number[],
  { signal }: JobOptions = {},
): Promise<LinearParameters> {
  const turn = createTurns(signal);
  const width = prior.length;
  const { scale } = fitStandardiser(lists, width);
  const active = scale.flatMap((value, column) => (value > 0 ? [column] : []));
  const d = active.length;
  const start = active.map((column) => prior[column]! / scale[column]!);
  let w = [...start];
  const p = targets.logits.map((logits) => logSoftmax(logits).map(Math.exp));

  const evaluate = async (weights: readonly number[], second: boolean) => {
    let value = 0;
    const gradient = new Float64Array(d);
    const hessian = new Float64Array(d * d);
    for (const [index, { features }] of lists.entries()) {
      await turn();
      const { rows, data } = features;
      const row = (r: number, k: number): number => data[r * width + active[k]!]! * scale[active[k]!]!;
      const s = new Float64Array(rows);
      for (let r = 0; r < rows; r++) for (let k = 0; k < d; k++) s[r]! += weights[k]! * row(r, k);
      const logQ = logSoftmax(s);
      const target = p[index]!;
      const mean = new Float64Array(d);
      for (let r = 0; r < rows; r++) {
        value -= (target[r]! * logQ[r]!) / lists.length;
        if (!second) continue;
        const q = Math.exp(logQ[r]!);
        for (let k = 0; k < d; k++) {
          const x = row(r, k);
          gradient[k]! += ((q - target[r]!) * x) / lists.length;
          mean[k]! += q * x;
          for (let l = 0; l <= k; l++) hessian[k * d + l]! += (q * x * row(r, l)) / lists.length;
        }
      }
      if (!second) continue;
      for (let k = 0; k < d; k++)
        for (let l = 0; l <= k; l++) hessian[k * d + l]! -= (mean[k]! * mean[l]!) / lists.length;
    }
    for (let k = 0; k < d; k++) {
      const away = weights[k]! - start[k]!;
      value += (ridge / 2) * away * away;
      gradient[k]! += ridge * away;
      hessian[k * d + k]! += ridge;
    }
    return { value, gradient, hessian };
  };

  for (let step = 0; step < 50 && d > 0 && lists.length > 0; step++) {
    signal?.throwIfAborted();
    const { value, gradient, hessian } = await evaluate(w, true);
    const direction = solveCholesky(hessian, gradient, d);
    const slope = direction.reduce((sum, x, k) => sum + x * gradient[k]!, 0);
    if (slope < 1e-12) break;
    // Backtracking (Armijo): Newton's full step may overshoot far from the minimum.
    let length = 1;
    const moved = (): number[] => w.map((x, k) => x - length * direction[k]!);
    while (length > 1e-6 && (await evaluate(moved(), false)).value > value - 1e-4 * length * slope)
      length /= 2;
    if (length <= 1e-6) break;
    w = moved();
  }
  const weights = [...prior];
  active.forEach((column, k) => {
    weights[column] = w[k]! * scale[column]!;
  });
  return { kind: 'linear', weights };
}

/** Solves A x = b, A symmetric and positive definite (lower triangle given), n × n. */
function solveCholesky(a: Float64Array, b: Float64Array, n: number): Float64Array {
  const l = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= l[i * n + k]! * l[j * n + k]!;
      l[i * n + j] = i === j ? Math.sqrt(Math.max(sum, 1e-10)) : sum / l[j * n + j]!;
    }
  }
  const x = Float64Array.from(b);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) x[i]! -= l[i * n + k]! * x[k]!;
    x[i]! /= l[i * n + i]!;
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) x[i]! -= l[k * n + i]! * x[k]!;
    x[i]! /= l[i * n + i]!;
  }
  return x;
}
