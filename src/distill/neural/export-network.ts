import type { ModelDetails } from '../../models/onnx/graph.js';
import { emitGraph } from './emit-graph.js';
import type { Parameters } from './parameters.js';
import { outputName } from './passes.js';
import { quantise } from './quantise.js';
import type { Value } from './tape.js';

export interface ExportOptions extends ModelDetails {
  /**
   * `int8` stores matrices and embeddings as 8-bit integers, a quarter of the size; activations are quantised as they come.
   * @default 'float32'
   */
  readonly precision?: 'float32' | 'int8';
}

/**
 * The ONNX file of a trained network, with its weights: the inputs of the tape, and output `output`.
 * @param output of a tape without dropout, with the parameters' names
 */
export function exportNetwork(
  output: Value,
  parameters: Parameters,
  { precision = 'float32', ...details }: ExportOptions = {},
): Uint8Array {
  const weights = (name: string): Float32Array => parameters.get(name)!.data;
  const { graph } = emitGraph('network', {
    outputs: new Map([[outputName, output]]),
    weights,
    rewrite: precision === 'int8' ? quantise(weights) : undefined,
  });
  return graph.toBytes(details);
}
