import { type GraphValue, OnnxGraph } from '../onnx/graph.js';
import { dataTypes } from '../onnx/proto.js';
import type { BertShape } from './bert-shape.js';
import type { Safetensors } from './safetensors.js';

/**
 * A BERT encoder with mean pooling and unit length, as an ONNX graph.
 * Inputs `ids` and `mask` (int64 [batch, length]; mask 1 for tokens, 0 for padding), output `vectors` (float32 [batch, hidden]).
 * @see Devlin et al. 2019, arXiv:1810.04805; Reimers & Gurevych 2019, arXiv:1908.10084
 */
export function bertGraph(weights: Safetensors, shape: BertShape): OnnxGraph {
  const { hidden, layers } = shape;
  const graph = new OnnxGraph('bert');
  const ids = graph.input('ids', 'int64', ['batch', 'length']);
  const mask = graph.node('Cast', [graph.input('mask', 'int64', ['batch', 'length'])], {
    to: dataTypes.float32,
  });
  const build = new BertBuilder(graph, weights, shape);

  // 0 for tokens and a large negative number for padding, over [batch, heads, from, to].
  const padding = graph.node('Mul', [graph.node('Sub', [mask, graph.scalar(1)]), graph.scalar(1e9)]);
  const bias = graph.node('Unsqueeze', [padding, graph.integers(1, 2)]);

  let x = build.embeddings(ids);
  for (let layer = 0; layer < layers; layer++) x = build.layer(x, bias, `encoder.layer.${layer}`);

  const weighted = graph.node('Mul', [x, graph.node('Unsqueeze', [mask, graph.integers(2)])]);
  const sum = graph.node('ReduceSum', [weighted, graph.integers(1)], { keepdims: 0 });
  // The mean's divisor only scales the sum, and the length is made 1 anyhow.
  const vectors = graph.node('LpNormalization', [sum], { axis: 1, p: 2 });
  graph.output('vectors', vectors, 'float32', ['batch', hidden]);
  return graph;
}

class BertBuilder {
  constructor(
    private readonly graph: OnnxGraph,
    private readonly weights: Safetensors,
    private readonly shape: BertShape,
  ) {}

  embeddings(ids: GraphValue): GraphValue {
    const { graph, weights, shape } = this;
    const { hidden, vocabulary, positions } = shape;
    const words = weights.tensor(`${shape.prefix}embeddings.word_embeddings.weight`, [vocabulary, hidden]);
    const places = weights.tensor(`${shape.prefix}embeddings.position_embeddings.weight`, [
      positions,
      hidden,
    ]);
    const types = weights.tensor(`${shape.prefix}embeddings.token_type_embeddings.weight`);
    // One text is all of type 0, so its vector is added to every position once and for all.
    const table = places.data.map((value, i) => value + types.data[i % hidden]!);
    const length = graph.node('Shape', [ids], { start: 1, end: 2 });
    const used = graph.node('Slice', [graph.constant(table, [positions, hidden]), graph.integers(0), length]);
    const tokens = graph.node('Gather', [graph.constant(words.data, [vocabulary, hidden]), ids], { axis: 0 });
    return this.norm(graph.node('Add', [tokens, used]), 'embeddings.LayerNorm');
  }

  layer(x: GraphValue, bias: GraphValue, name: string): GraphValue {
    const { graph, shape } = this;
    const { hidden, intermediate } = shape;
    const attended = this.attention(x, bias, `${name}.attention.self`);
    const mixed = this.dense(attended, `${name}.attention.output.dense`, hidden, hidden);
    const middle = this.norm(graph.node('Add', [mixed, x]), `${name}.attention.output.LayerNorm`);
    const wide = graph.node('Gelu', [this.dense(middle, `${name}.intermediate.dense`, hidden, intermediate)]);
    const narrow = this.dense(wide, `${name}.output.dense`, intermediate, hidden);
    return this.norm(graph.node('Add', [narrow, middle]), `${name}.output.LayerNorm`);
  }

  attention(x: GraphValue, bias: GraphValue, name: string): GraphValue {
    const { graph, shape } = this;
    const { hidden, heads } = shape;
    const size = hidden / heads;
    const split = graph.integers(0, 0, heads, size);
    const part = (kind: string, perm: readonly number[], scale = 1): GraphValue =>
      graph.node(
        'Transpose',
        [graph.node('Reshape', [this.dense(x, `${name}.${kind}`, hidden, hidden, scale), split])],
        { perm },
      );
    // The 1 / √size of the scores is put into the query's weights.
    const queries = part('query', [0, 2, 1, 3], 1 / Math.sqrt(size));
    const keys = part('key', [0, 2, 3, 1]);
    const values = part('value', [0, 2, 1, 3]);
    const scores = graph.node('Add', [graph.node('MatMul', [queries, keys]), bias]);
    const context = graph.node('MatMul', [graph.node('Softmax', [scores], { axis: -1 }), values]);
    const joined = graph.node('Transpose', [context], { perm: [0, 2, 1, 3] });
    return graph.node('Reshape', [joined, graph.integers(0, 0, hidden)]);
  }

  dense(x: GraphValue, name: string, inputs: number, outputs: number, scale = 1): GraphValue {
    const full = `${this.shape.prefix}${name}`;
    const { data } = this.weights.tensor(`${full}.weight`, [outputs, inputs]);
    const bias = this.weights.tensor(`${full}.bias`, [outputs]).data;
    // PyTorch keeps [out, in]; MatMul with a constant [in, out] is what ONNX Runtime packs ahead of time.
    const turned = new Float32Array(data.length);
    for (let o = 0; o < outputs; o++) {
      for (let i = 0; i < inputs; i++) turned[i * outputs + o] = scale * data[o * inputs + i]!;
    }
    return this.graph.linear(x, turned, scale === 1 ? bias : bias.map((value) => scale * value), [
      inputs,
      outputs,
    ]);
  }

  norm(x: GraphValue, name: string): GraphValue {
    const { graph, weights, shape } = this;
    const constant = (kind: string): GraphValue =>
      graph.constant(weights.tensor(`${shape.prefix}${name}.${kind}`, [shape.hidden]).data, [shape.hidden]);
    return graph.node('LayerNormalization', [x, constant('weight'), constant('bias')], {
      axis: -1,
      epsilon: shape.epsilon,
    });
  }
}
