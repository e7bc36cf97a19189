import { RankforgeError } from '../../core/errors.js';
import { type GraphValue, OnnxGraph } from '../../models/onnx/graph.js';
import type { TapeNode, Value } from './tape.js';

export interface EmitOptions {
  /** What comes out, by name. */
  readonly outputs: ReadonlyMap<string, Value>;
  /** Float32 values of nodes that come out as well, under names of the graph's choice. */
  readonly exposed?: readonly Value[];
  /** Values that are given from outside instead of being computed, with their input names. */
  readonly given?: ReadonlyMap<Value, string>;
  /** Parameters' values, to be stored in the file. @default parameters are inputs of the graph */
  readonly weights?: (name: string) => Float32Array;
  /** Writes a node in another way; what it leaves alone is written as it is. */
  readonly rewrite?: Rewrite;
}

/**
 * @param use gives a value in the graph; a parameter that no node uses is not stored
 * @returns the node's only output, or nothing
 */
export type Rewrite = (
  graph: OnnxGraph,
  node: TapeNode,
  use: (value: Value) => GraphValue,
) => GraphValue | undefined;

export interface EmittedGraph {
  readonly graph: OnnxGraph;
  /** What must be given when it runs, by name: inputs, parameters, and what was `given`. */
  readonly inputs: ReadonlyMap<string, Value>;
  /** The names of what was `exposed`. */
  readonly exposed: ReadonlyMap<Value, string>;
}

/** Writes the part of a tape that the outputs need, and nothing else, as an ONNX graph. */
export function emitGraph(name: string, options: EmitOptions): EmittedGraph {
  const { outputs, exposed = [], given = new Map<Value, string>(), weights, rewrite } = options;
  const graph = new OnnxGraph(name);
  const inputs = new Map<string, Value>();
  const emitted = new Map<Value, GraphValue>();
  // Outputs of one node are recorded one after the other, and the node is written with its first.
  const nodes = new Map<TapeNode, readonly GraphValue[]>();

  const asInput = (value: Value, inputName: string): GraphValue => {
    inputs.set(inputName, value);
    return graph.input(inputName, value.type, value.shape);
  };
  const writeNode = (node: TapeNode): readonly GraphValue[] => {
    const rewritten = rewrite?.(graph, node, use);
    if (rewritten) return [rewritten];
    const operands = node.inputs.map((each) => each && use(each));
    return graph.nodes(node.operator, operands, node.attributes, node.outputs);
  };
  const write = (value: Value): GraphValue => {
    const known = given.get(value);
    if (known !== undefined) return asInput(value, known);
    const { source } = value;
    switch (source.kind) {
      case 'input':
        return asInput(value, source.name);
      case 'parameter':
        return weights
          ? graph.constant(weights(source.name), value.shape as number[], source.name)
          : asInput(value, source.name);
      case 'constant':
        return graph.constant(source.data, value.shape as number[]);
      case 'node': {
        const results = nodes.get(source.node) ?? writeNode(source.node);
        nodes.set(source.node, results);
        return results[source.output]!;
      }
    }
  };
  const use = (value: Value): GraphValue => {
    const result = emitted.get(value) ?? write(value);
    emitted.set(value, result);
    return result;
  };
  for (const value of neededValues([...outputs.values(), ...exposed], given)) {
    if (value.source.kind === 'node') use(value);
  }
  for (const [outputName, value] of outputs) {
    if (value.type !== 'float32') {
      throw new RankforgeError('usage', `The output ${outputName} is ${value.type}`, {
        where: outputName,
        hint: 'Outputs are float32.',
      });
    }
    graph.output(outputName, use(value), value.type, value.shape);
  }
  const names = exposed.map((value) => [value, graph.expose(use(value), value.type, value.shape)] as const);
  return { graph, inputs, exposed: new Map(names) };
}

/** Values that must exist for others to be computed, operands first. */
function neededValues(
  from: Iterable<Value>,
  given: { has(value: Value): boolean } = new Set<Value>(),
): Value[] {
  const needed = new Set<Value>();
  const stack = [...from];
  while (stack.length > 0) {
    const value = stack.pop()!;
    if (needed.has(value)) continue;
    needed.add(value);
    if (given.has(value) || value.source.kind !== 'node') continue;
    for (const operand of value.source.node.inputs) if (operand) stack.push(operand);
  }
  return [...needed].sort((a, b) => a.id - b.id);
}
