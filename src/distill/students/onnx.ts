import { type GraphValue, OnnxGraph } from '../../models/onnx/graph.js';
import type { FeatureSet } from '../features/feature-set.js';
import type { LinearParameters, MlpParameters } from './scorer.js';

/**
 * The ONNX file of a linear student or an MLP: input `features` [batch, width] as they are, not standardised; output
 * `score` [batch, 1] and, of two heads, `logit` [batch, 1]. Equal to `scoreHeads` to float32's precision.
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
  let logit: GraphValue | undefined;
  if (parameters.kind === 'mlp') {
    const centred = graph.node('Sub', [
      features,
      graph.constant(Float32Array.from(parameters.mean), [width]),
    ]);
    let values = graph.node('Mul', [centred, graph.constant(Float32Array.from(parameters.scale), [width])]);
    for (const { inputs, outputs, weights, bias } of parameters.layers.slice(0, -1)) {
      const shape = [inputs, outputs] as const;
      values = graph.node('Relu', [
        graph.linear(values, Float32Array.from(weights), Float32Array.from(bias), shape),
      ]);
    }
    const { inputs, outputs, weights, bias } = parameters.layers.at(-1)!;
    const head = (index: number): GraphValue => {
      const column = Float32Array.from({ length: inputs }, (_, i) => weights[i * outputs + index]!);
      return graph.linear(values, column, Float32Array.of(bias[index]!), [inputs, 1]);
    };
    score = graph.node('Add', [score, head(0)]);
    if (outputs > 1) logit = head(1);
  }
  graph.output('score', score, 'float32', ['batch', 1]);
  if (logit) graph.output('logit', logit, 'float32', ['batch', 1]);
  return graph.toBytes({
    metadata: { kind: parameters.kind, featureVersion: String(version), features: names.join(' ') },
    description: 'Scores passages of one query from features; higher is better',
  });
}
