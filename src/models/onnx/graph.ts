import { RankforgeError } from '../../core/errors.js';
import { type AttributeKind, type OperatorAttributes, type OperatorName, operators } from './operators.js';
import { attributeTypes, dataTypes, ModelProto } from './proto.js';

export type TensorType = keyof typeof dataTypes;

/** A size, or a name for a size that is known when the graph runs, for instance `['batch', 384]`. */
export type Shape = readonly (number | string)[];

/** A tensor inside one graph: an input, a constant or what a node gives. */
export interface GraphValue {
  readonly name: string;
}

export interface ModelDetails {
  /** Short texts kept in the file, for instance the version and what it was trained on. */
  readonly metadata?: Readonly<Record<string, string>>;
  readonly description?: string;
}

type TensorData = Float32Array | BigInt64Array | Int32Array | Int8Array | Uint8Array;

// Opset 20 has Gelu and LayerNormalization as operators of their own; IR 9 is the version that came with it.
const opset = 20;
const irVersion = 9;

/**
 * Writes ONNX graphs: adds nodes one after the other and gives the file's bytes.
 *
 *     const graph = new OnnxGraph('scorer');
 *     const features = graph.input('features', 'float32', ['batch', 12]);
 *     const hidden = graph.node('Relu', [graph.linear(features, weights1, bias1, [12, 32])]);
 *     graph.output('score', graph.linear(hidden, weights2, bias2, [32, 1]), 'float32', ['batch', 1]);
 *     await writeFile('scorer.onnx', graph.toBytes());
 *
 * Nodes must be added in an order in which their inputs exist, which the types make natural.
 */
export class OnnxGraph {
  readonly #name: string;
  readonly #nodes: object[] = [];
  readonly #constants: object[] = [];
  readonly #inputs: object[] = [];
  readonly #outputs: object[] = [];
  readonly #names = new Set<string>();

  /** @param name the graph's name in the file */
  constructor(name: string) {
    this.#name = name;
  }

  /** A tensor given when the graph is run. */
  input(name: string, type: TensorType, shape: Shape): GraphValue {
    this.#inputs.push(valueInfo(name, type, shape));
    return this.#declare(name);
  }

  /**
   * A tensor stored in the file: float32, int64 (`BigInt64Array`), int32, int8 or uint8 by the array's class. The array is
   * not copied until `toBytes`.
   * @param shape [] for a single value; its product is the array's length
   * @throws RankforgeError `usage` when it is not
   */
  constant(data: TensorData, shape: readonly number[], name = this.#freshName('constant')): GraphValue {
    const size = shape.reduce((product, length) => product * length, 1);
    if (size !== data.length) {
      throw new RankforgeError(
        'usage',
        `Constant ${name} has ${data.length} values and shape [${shape.join(', ')}]`,
        {
          where: name,
          hint: `Give ${size} values, or the shape that they have.`,
        },
      );
    }
    this.#constants.push({
      name,
      dims: shape,
      dataType: dataTypes[typeOf(data)],
      // ONNX's raw data is little-endian, as is every machine that Node runs on but s390x.
      rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    });
    return this.#declare(name);
  }

  /** One float, as a tensor without dimensions. */
  scalar(value: number): GraphValue {
    return this.constant(Float32Array.of(value), []);
  }

  /** A list of int64, as operators take axes, shapes and starts. */
  integers(...values: readonly number[]): GraphValue {
    return this.constant(BigInt64Array.from(values, BigInt), [values.length]);
  }

  /** A node with one output, which is returned. A null input is an optional one left out. */
  node<Name extends OperatorName>(
    operator: Name,
    inputs: readonly (GraphValue | null)[],
    attributes: OperatorAttributes<Name> = {},
  ): GraphValue {
    return this.nodes(operator, inputs, attributes, 1)[0]!;
  }

  /** A node with several outputs. */
  nodes<Name extends OperatorName>(
    operator: Name,
    inputs: readonly (GraphValue | null)[],
    attributes: OperatorAttributes<Name>,
    outputs: number,
  ): GraphValue[] {
    const kinds: Readonly<Record<string, AttributeKind>> = operators[operator];
    const name = this.#freshName(operator);
    const names = Array.from({ length: outputs }, (_, i) => (i === 0 ? name : `${name}_${i}`));
    this.#nodes.push({
      name,
      opType: operator,
      input: inputs.map((value) => value?.name ?? ''),
      output: names,
      attribute: Object.entries(attributes as Record<string, unknown>)
        .filter(([, value]) => value !== undefined)
        .map(([key, value]) => attribute(key, kinds[key]!, value)),
    });
    return names.map((output) => this.#declare(output));
  }

  /** `x · weights + bias`. @param weights [in, out] row by row  @param bias [out] */
  linear(
    x: GraphValue,
    weights: Float32Array,
    bias: Float32Array,
    [inputs, outputs]: readonly [inputs: number, outputs: number],
  ): GraphValue {
    const product = this.node('MatMul', [x, this.constant(weights, [inputs, outputs])]);
    return this.node('Add', [product, this.constant(bias, [outputs])]);
  }

  /** Names a value as an output of the whole graph. */
  output(name: string, value: GraphValue, type: TensorType, shape: Shape): void {
    this.#nodes.push({ name, opType: 'Identity', input: [value.name], output: [name] });
    this.#outputs.push(valueInfo(name, type, shape));
    this.#declare(name);
  }

  /** Makes a value that the graph computes an output under its own name, with no copy. @returns the name */
  expose(value: GraphValue, type: TensorType, shape: Shape): string {
    this.#outputs.push(valueInfo(value.name, type, shape));
    return value.name;
  }

  /** The ONNX file's bytes. */
  toBytes({ metadata = {}, description }: ModelDetails = {}): Uint8Array {
    return ModelProto.encode({
      irVersion,
      producerName: 'rankforge',
      docString: description ?? '',
      graph: {
        name: this.#name,
        node: this.#nodes,
        initializer: this.#constants,
        input: this.#inputs,
        output: this.#outputs,
      },
      opsetImport: [{ domain: '', version: opset }],
      metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    }).finish();
  }

  #freshName(kind: string): string {
    return `${kind}_${this.#names.size}`;
  }

  #declare(name: string): GraphValue {
    if (this.#names.has(name)) {
      throw new RankforgeError('usage', `The graph has two values named ${name}`, {
        where: name,
        hint: 'Give each input, output and named constant its own name.',
      });
    }
    this.#names.add(name);
    return { name };
  }
}

function typeOf(data: TensorData): TensorType {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof BigInt64Array) return 'int64';
  if (data instanceof Int32Array) return 'int32';
  return data instanceof Int8Array ? 'int8' : 'uint8';
}

const valueInfo = (name: string, type: TensorType, shape: Shape): object => ({
  name,
  type: {
    tensorType: {
      elemType: dataTypes[type],
      shape: {
        dim: shape.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size })),
      },
    },
  },
});

function attribute(name: string, kind: AttributeKind, value: unknown): object {
  const type = attributeTypes[kind];
  if (kind === 'float') return { name, type, f: value };
  if (kind === 'int') return { name, type, i: value };
  if (kind === 'string') return { name, type, s: new TextEncoder().encode(String(value)) };
  return { name, type, [kind]: value };
}
