import type { LossContext, LossFunction } from './loss.js';
import type { LossMix } from './loss-mix.js';
import { batchLosses, type LossName, type LossTarget, losses, lossFacts } from './registry.js';

/** One query's candidates as a trainer has scored them. All arrays are aligned. */
export interface ScoredList extends LossContext {
  readonly scores: Float64Array;
  /** The labels in the form that each kind of loss wants. */
  readonly targets: Readonly<Record<LossTarget, Float64Array>>;
  /** How much the list counts. @default 1 */
  readonly share?: number;
}

export interface ObjectiveValue {
  /** Mean over lists, by share. */
  readonly value: number;
  /** dL/dscores of each list. */
  readonly grads: readonly Float64Array[];
}

/** What is minimised: lists of a batch to a loss and its gradients. */
export type Objective = (lists: readonly ScoredList[]) => ObjectiveValue;

/**
 * The weighted sum of a mix's losses over a batch: the mean over lists of those that see one list, and those of a batch once.
 * Each list's ranks, weights and normalisation are its own, so a batch of lists is the mean of batches of one.
 */
export function makeObjective(mix: LossMix): Objective {
  return (lists) => {
    const total = lists.reduce((sum, { share = 1 }) => sum + share, 0);
    const grads = lists.map(({ scores }) => new Float64Array(scores.length));
    let value = 0;
    for (const { name, weight } of mix) {
      const part = isBatchLoss(name) ? ofBatch(name, lists) : ofEach(name, lists, total);
      value += weight * part.value;
      part.grads.forEach((grad, list) => {
        for (let i = 0; i < grad.length; i++) grads[list]![i]! += weight * grad[i]!;
      });
    }
    return { value, grads };
  };
}

const isBatchLoss = (name: LossName): name is keyof typeof batchLosses => Object.hasOwn(batchLosses, name);

function ofBatch(name: keyof typeof batchLosses, lists: readonly ScoredList[]): ObjectiveValue {
  const counted = lists.map(({ scores, targets, ...context }) => ({
    s: scores,
    t: targets[lossFacts[name].wants],
    ...context,
  }));
  return batchLosses[name](counted);
}

function ofEach(name: keyof typeof losses, lists: readonly ScoredList[], total: number): ObjectiveValue {
  const loss: LossFunction = losses[name];
  let value = 0;
  const grads = lists.map(({ scores, targets, share = 1, ...context }) => {
    const part = loss(scores, targets[lossFacts[name].wants], context);
    const fraction = total > 0 ? share / total : 0;
    value += fraction * part.value;
    return part.grad.map((one) => one * fraction);
  });
  return { value, grads };
}
