import { OnnxGraph } from '../../models/onnx/graph.js';
import type { FeatureSet } from '../features/feature-set.js';
import type { LinearParameters, MlpParameters } from './scorer.js';

/**
 * The ONNX file of a linear student or an MLP: input `features` [batch, width] as they are, not standardised; output
 * `score` [batch, 1]. Equal to `scoreFeatures` to float32's precision.
 */
export function studentGraph(
  parameters: LinearParameters | MlpParameters,
  { names, version }: FeatureSet,
): Uint8Array {
  const width = names.length;
  const graph = new OnnxGraph('student');
  const features = graph.input('features', 'float32', ['batch', width]);
  const weights = parameters.kind === 'linear' ? parameters.weights : parameters.prior;
  let score = graph.node('MatMul', [features, graph.constant(Float32Array.from(weights), [width, 1])]);
  if (parameters.kind === 'mlp') {
    const centred = graph.node('Sub', [
      features,
      graph.constant(Float32Array.from(parameters.mean), [width]),
    ]);
    let values = graph.node('Mul', [centred, graph.constant(Float32Array.from(parameters.scale), [width])]);
    for (const [depth, layer] of parameters.layers.entries()) {
      const shape = [layer.inputs, layer.outputs] as const;
      values = graph.linear(values, Float32Array.from(layer.weights), Float32Array.from(layer.bias), shape);
      if (depth < parameters.layers.length - 1) values = graph.node('Relu', [values]);
    }
    score = graph.node('Add', [score, values]);
  }
  graph.output('score', score, 'float32', ['batch', 1]);
  return graph.toBytes({
    metadata: { kind: parameters.kind, featureVersion: String(version), features: names.join(' ') },
    description: 'Scores passages of one query from features; higher is better',
  });
}
