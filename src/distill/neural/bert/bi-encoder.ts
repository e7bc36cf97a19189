import { unitLength } from '../operations/unit-length.js';
import { Tape, type Value } from '../tape.js';
import type { BertConfig } from './config.js';
import { bertEncoder, type EncoderOptions } from './encoder.js';

/**
 * Each text by itself as a vector of unit length: the mean of its tokens' states. Queries and passages of a batch are rows
 * of the same inputs, and their dot products are cosines.
 * @returns [batch, hidden], of inputs `ids`, `types` and `mask`
 * @see Reimers & Gurevych 2019, arXiv:1908.10084
 */
export function biEncoder(config: BertConfig, options: EncoderOptions = {}): Value {
  return unitLength(bertEncoder(new Tape(), config, '', { ...options, pooling: 'mean' }));
}
