import { sigmoid } from '../../core/logistic.js';
import { binaryCrossEntropy } from './binary-cross-entropy.js';
import type { Loss, LossContext, LossFunction } from './loss.js';
import type { LossMix } from './loss-mix.js';
import { makeObjective, type Objective } from './objective.js';
import { softmax } from './softmax.js';

/** Of one query's candidates: two outputs of one body. */
export interface TwoHeads {
  /** Any reals; only their differences inside the list are trained. */
  readonly ranking: Float64Array;
  /** Logits of the probability of being relevant, comparable between lists. */
  readonly probability: Float64Array;
}

export interface DualHeadLoss {
  readonly value: number;
  /** dL of each head, aligned with its scores. */
  readonly grads: TwoHeads;
}

export interface DualHeadOptions extends LossContext {
  /** How much the probability head's loss weighs beside the ranking head's. @default 1 */
  readonly balance?: number;
}

/**
 * Two heads, one for the order and one for a calibrated probability, each with the loss that suits it.
 * L = rank(ranking, t) + balance · BCE(probability, p)
 * A loss of differences and one of values pull one output against each other, and lose to either alone (DHKD); on heads of
 * their own only the shared body hears both.
 * @param t what the ranking loss wants  @param p probabilities, 0 to 1, for the other head
 * @see Yang et al. 2024, arXiv:2411.08937 (DHKD); Kang et al. 2025, arXiv:2505.07675 (DHO)
 */
export function dualHead(
  { ranking, probability }: TwoHeads,
  { t, p }: { readonly t: Float64Array; readonly p: Float64Array },
  rank: LossFunction,
  { balance = 1, ...context }: DualHeadOptions = {},
): DualHeadLoss {
  const ofRanking: Loss = rank(ranking, t, context);
  const ofProbability = binaryCrossEntropy(probability, p, context);
  return {
    value: ofRanking.value + balance * ofProbability.value,
    grads: { ranking: ofRanking.grad, probability: ofProbability.grad.map((one) => one * balance) },
  };
}

/** What `dualHead` minimises, over batches of lists and with a mix for the order: one objective a head, in the order of the outputs. */
export const headObjectives = (
  mix: LossMix,
  { balance = 1 }: Pick<DualHeadOptions, 'balance'> = {},
): readonly [ranking: Objective, probability: Objective] => [
  makeObjective(mix),
  makeObjective([{ name: 'bce', weight: balance }]),
];

/**
 * One score of two heads, chosen after training: share · softmax(ranking) + (1 − share) · σ(probability) / Σ, both summing to 1.
 * @param share of the ranking head, 0 to 1
 */
export function combineHeads({ ranking, probability }: TwoHeads, share: number): Float64Array {
  const ofRanking = softmax(ranking);
  const chances = probability.map(sigmoid);
  const total = chances.reduce((sum, one) => sum + one, 0);
  return ofRanking.map((one, i) => share * one + (total > 0 ? ((1 - share) * chances[i]!) / total : 0));
}
