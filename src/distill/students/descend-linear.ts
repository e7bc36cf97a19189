import type { JobOptions } from '../../core/progress.js';
import { randomStream } from '../../core/random.js';
import { createTurns } from '../../core/turns.js';
import { addByColumn, cellsOf, weighCells } from '../features/filled-cells.js';
import type { TrainingList } from '../training-list.js';
import { createAdamW } from './adam-w.js';
import type { OpenLoss } from './open-loss.js';
import type { LinearParameters } from './scorer.js';
import { fitStandardiser } from './standardise.js';
import { type Targets, targetsOf } from './targets.js';

const steps = 150;
const learningRate = 0.1;

/**
 * A weighted sum of the features for a loss that Newton's method does not suit (its weights change with the ranks, it is sampled, or
 * it is not convex): Adam on all lists at once from the prior, its steps falling to nothing along a cosine.
 * min_w objective(X w) + ridge/2 ‖D (w − prior)‖², D the features' deviations
 */
export async function descendLinear(
  lists: readonly TrainingList[],
  targets: Targets,
  { ridge, objective, contextOf }: { readonly ridge: number } & Pick<OpenLoss, 'objective' | 'contextOf'>,
  prior: readonly number[],
  { seed, signal }: JobOptions & { readonly seed: number },
): Promise<LinearParameters> {
  const turn = createTurns(signal);
  const width = prior.length;
  const { scale } = fitStandardiser(lists, width);
  // On standardised features, so that one ridge and one rate suit all. A constant feature keeps its prior weight.
  const start = Float64Array.from(prior, (weight, k) => (scale[k]! > 0 ? weight / scale[k]! : 0));
  const w = Float64Array.from(start);
  const x = lists.map(({ features }) => cellsOf(features, prior.length));
  // A constant feature's weight changes no order, but some losses are not the same for all scores moved alike.
  const raw = (): Float64Array => w.map((weight, k) => (scale[k]! > 0 ? weight * scale[k]! : prior[k]!));
  const adam = createAdamW([w], { learningRate, decays: [0] });
  for (let step = 0; step < steps && lists.length > 0; step++) {
    signal?.throwIfAborted();
    await turn();
    const weights = raw();
    const { grads } = objective(
      lists.map(({ queryId }, i) => ({
        scores: weighCells(x[i]!(), weights),
        targets: targetsOf(targets, i),
        ...contextOf(i),
        random: randomStream(seed, 'linear', step, queryId),
      })),
    );
    const sums = new Float64Array(width);
    for (const [i, cells] of x.entries()) addByColumn(cells(), grads[i]!, sums);
    const gradient = w.map((value, k) => ridge * (value - start[k]!) + scale[k]! * sums[k]!);
    adam([gradient], 0.5 * (1 + Math.cos((Math.PI * step) / steps)));
  }
  return { kind: 'linear', weights: [...raw()] };
}
