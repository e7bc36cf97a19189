import { tanh } from '../operations/activations.js';
import { dropout } from '../operations/dropout.js';
import { reshape } from '../operations/layout.js';
import { linear } from '../operations/linear.js';
import { Tape, type Value } from '../tape.js';
import type { BertConfig } from './config.js';
import { bertEncoder, type EncoderOptions } from './encoder.js';
import type { Pooling } from './pooling.js';

export interface CrossEncoderOptions extends EncoderOptions {
  /** @default 'cls' */
  readonly pooling?: Pooling;
}

/**
 * Query and passage read together, one score a pair: encoder, pooled state, a dense layer with tanh, a weighted sum.
 * Parameters have the names of PyTorch's `BertForSequenceClassification` with one label.
 * @returns the scores, [batch], of inputs `ids`, `types` and `mask`
 * @see Nogueira & Cho 2019, arXiv:1901.04085
 */
export function crossEncoder(config: BertConfig, options: CrossEncoderOptions = {}): Value {
  const { hidden } = config;
  const tape = new Tape();
  const pooled = bertEncoder(tape, config, 'bert.', { ...options, pooling: options.pooling ?? 'cls' });
  const dense = tanh(
    linear(
      pooled,
      tape.parameter('bert.pooler.dense.weight', [hidden, hidden]),
      tape.parameter('bert.pooler.dense.bias', [hidden]),
    ),
  );
  const scores = linear(
    options.dropout ? dropout(dense, 'pooler') : dense,
    tape.parameter('classifier.weight', [1, hidden]),
    tape.parameter('classifier.bias', [1]),
  );
  return reshape(scores, ['batch']);
}
