import { divide, multiply } from '../operations/arithmetic.js';
import { reshape, slice } from '../operations/layout.js';
import { reduceSum } from '../operations/reduce.js';
import type { Value } from '../tape.js';

/** One vector of a text: its first token's state, or the mean over its tokens. */
export type Pooling = 'cls' | 'mean';

/** @param states [batch * length, hidden]  @returns [batch, hidden] */
export function firstStates(states: Value): Value {
  const hidden = states.shape[1]!;
  return reshape(slice(sequencesOf(states), 1, 0, 1), ['batch', hidden]);
}

/**
 * The mean over a text's tokens.
 * @param states [batch * length, hidden]  @param mask float32 [batch, length], 1 for tokens and 0 for padding
 * @returns [batch, hidden]
 */
export function meanStates(states: Value, mask: Value): Value {
  const sum = reduceSum(multiply(sequencesOf(states), reshape(mask, ['batch', 'length', 1])), [1]);
  return divide(sum, reduceSum(mask, [1], { keep: true }));
}

const sequencesOf = (states: Value): Value => reshape(states, ['batch', 'length', states.shape[1]!]);
