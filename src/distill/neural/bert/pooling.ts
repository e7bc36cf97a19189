import { divide, multiply } from '../operations/arithmetic.js';
import { reshape, slice } from '../operations/layout.js';
import { reduceSum } from '../operations/reduce.js';
import type { Value } from '../tape.js';
import type { Encoded } from './encoder.js';

/** One vector of a text: its first token's state, or the mean over its tokens. */
export type Pooling = 'cls' | 'mean';

/** @returns [batch, hidden] */
export function pool({ states, mask }: Encoded, pooling: Pooling): Value {
  const hidden = states.shape[1]!;
  const sequences = reshape(states, ['batch', 'length', hidden]);
  if (pooling === 'cls') return reshape(slice(sequences, 1, 0, 1), ['batch', hidden]);
  const sum = reduceSum(multiply(sequences, reshape(mask, ['batch', 'length', 1])), [1]);
  return divide(sum, reduceSum(mask, [1], { keep: true }));
}
