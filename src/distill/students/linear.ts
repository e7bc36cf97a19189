import type { JobOptions } from '../../core/progress.js';
import { createTurns } from '../../core/turns.js';
import { dot } from '../../core/vectors.js';
import { addByColumn, cellsOf, weighCells } from '../features/filled-cells.js';
import { logSoftmax, softmax } from '../losses/softmax.js';
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
 * Convex, so Newton's method ends at its one minimum; nothing is drawn at random. Its steps come from conjugate gradients, which
 * only multiply by the Hessian: a pass costs what the filled cells cost, however many features there are.
 * @param prior weights on raw features, already scaled to the targets
 * @see Nocedal & Wright 2006, Numerical Optimization, section 7.1 (line search Newton-CG)
 */
async function fitByNewton(
  lists: readonly TrainingList[],
  targets: Targets,
  { ridge }: Pick<LinearSettings, 'ridge'>,
  prior: readonly number[],
  { signal }: JobOptions = {},
): Promise<LinearParameters> {
  const turn = createTurns(signal);
  const n = lists.length;
  const { scale } = fitStandardiser(lists, prior.length);
  // A constant feature keeps its prior weight: it changes no order.
  const start = Float64Array.from(prior, (weight, k) => (scale[k]! > 0 ? weight / scale[k]! : 0));
  // Weights are scaled, not features, which may lie in a file.
  const toRaw = (weights: Float64Array): Float64Array => weights.map((weight, k) => weight * scale[k]!);
  const x = lists.map(({ features }) => cellsOf(features, prior.length));

  /** What is minimised, and the student's distribution over each list. */
  const evaluate = async (weights: Float64Array) => {
    let value = (ridge / 2) * weights.reduce((sum, weight, k) => sum + (weight - start[k]!) ** 2, 0);
    const q: Float64Array[] = [];
    const raw = toRaw(weights);
    for (const [list, cells] of x.entries()) {
      await turn();
      const logQ = logSoftmax(weighCells(cells(), raw));
      value -= dot(softmax(targets.logits[list]!), logQ) / n;
      q.push(logQ.map(Math.exp));
    }
    return { value, q };
  };
  const gradientAt = async (weights: Float64Array, q: readonly Float64Array[]): Promise<Float64Array> => {
    const sums = new Float64Array(weights.length);
    for (const [list, cells] of x.entries()) {
      await turn();
      const p = softmax(targets.logits[list]!);
      const away = q[list]!.map((share, row) => (share - p[row]!) / n);
      addByColumn(cells(), away, sums);
    }
    return weights.map((weight, k) => ridge * (weight - start[k]!) + scale[k]! * sums[k]!);
  };
  /** The Hessian times v: Σ_lists Xᵀ (diag q − q qᵀ) X v / n + ridge v. */
  const curve = async (v: Float64Array, q: readonly Float64Array[]): Promise<Float64Array> => {
    const raw = toRaw(v);
    const sums = new Float64Array(v.length);
    for (const [list, cells] of x.entries()) {
      await turn();
      const own = cells();
      const s = weighCells(own, raw);
      const centre = dot(q[list]!, s);
      const spread = s.map((score, row) => (q[list]![row]! * (score - centre)) / n);
      addByColumn(own, spread, sums);
    }
    return v.map((one, k) => ridge * one + scale[k]! * sums[k]!);
  };

  let w: Float64Array = start.slice();
  let now = await evaluate(w);
  for (let step = 0; step < 50 && n > 0; step++) {
    signal?.throwIfAborted();
    const { value, q } = now;
    const gradient = await gradientAt(w, q);
    const direction = await conjugateGradients((v) => curve(v, q), gradient);
    const slope = dot(direction, gradient);
    if (slope < 1e-12) break;
    // Backtracking (Armijo): Newton's full step may overshoot far from the minimum.
    let length = 1;
    const moved = (): Float64Array => w.map((weight, k) => weight - length * direction[k]!);
    let next = await evaluate(moved());
    while (length > 1e-6 && next.value > value - 1e-4 * length * slope) {
      length /= 2;
      next = await evaluate(moved());
    }
    if (length <= 1e-6) break;
    [w, now] = [moved(), next];
  }
  return {
    kind: 'linear',
    weights: prior.map((weight, k) => (scale[k]! > 0 ? w[k]! * scale[k]! : weight)),
  };
}

/**
 * Solves A x = b nearly, A symmetric and positive definite and known by its products: until ‖b − A x‖ is min(½, √‖b‖) ‖b‖, the
 * nearer Newton's method comes to its end the more exactly.
 */
async function conjugateGradients(
  multiply: (v: Float64Array) => Promise<Float64Array>,
  b: Float64Array,
): Promise<Float64Array> {
  const x = new Float64Array(b.length);
  const rest = b.slice();
  let direction: Float64Array = b.slice();
  let square = dot(rest, rest);
  const enough = square * Math.min(0.25, Math.sqrt(square));
  for (let step = 0; step < 2 * b.length && square > enough; step++) {
    const product = await multiply(direction);
    const curvature = dot(direction, product);
    if (!(curvature > 0)) break;
    const length = square / curvature;
    for (let k = 0; k < x.length; k++) {
      x[k]! += length * direction[k]!;
      rest[k]! -= length * product[k]!;
    }
    const before = square;
    square = dot(rest, rest);
    direction = direction.map((one, k) => rest[k]! + (square / before) * one);
  }
  return x;
}
