import { RankforgeError } from '../../core/errors.js';
import type { TensorType } from '../../models/onnx/graph.js';
import type { OperatorAttributes, OperatorName } from '../../models/onnx/operators.js';
import type { Shape, Size } from './shape.js';

/** What a value is: given when the graph runs, trained, fixed, or an output of a node. */
export type Source =
  | { readonly kind: 'input'; readonly name: string }
  | { readonly kind: 'parameter'; readonly name: string }
  | { readonly kind: 'constant'; readonly data: Float32Array | BigInt64Array }
  | { readonly kind: 'node'; readonly node: TapeNode; readonly output: number };

export interface TapeNode {
  readonly operator: OperatorName;
  readonly inputs: readonly (Value | null)[];
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Outputs of the node; most have one. */
  readonly outputs: number;
}

/**
 * Gradients of a value's operands, given its own: null for an operand that has none, such as token ids. Gradients that
 * nobody asks for are never emitted, so a rule need not look at what is wanted.
 */
type GradientRule = (gradient: Value) => readonly (Value | null)[];

/** A tensor on a tape. */
export interface Value {
  /** Counts up in the order of recording, so operands come before what is made of them. */
  readonly id: number;
  readonly tape: Tape;
  readonly source: Source;
  readonly type: TensorType;
  readonly shape: Shape;
  readonly operands: readonly Value[];
  readonly rule: GradientRule | undefined;
}

export interface NodeDetails {
  readonly shape: Shape;
  readonly type?: TensorType;
  /** What gradients flow to. @default nothing: the value is taken as given */
  readonly operands?: readonly Value[];
  readonly rule?: GradientRule;
}

/**
 * A record of a computation: operations of `operations/` add to it, `differentiate` adds the way back, and `emitGraph`
 * writes any part of it as ONNX.
 */
export class Tape {
  readonly #values: Value[] = [];
  readonly #inputs = new Map<string, Value>();
  readonly #parameters = new Map<string, Value>();
  readonly #scalars = new Map<number, Value>();

  /** A tensor given when the graph runs. @throws RankforgeError `usage` for a second of that name */
  input(name: string, type: TensorType, shape: Shape): Value {
    this.#checkNew(name);
    const value = this.#record({ source: { kind: 'input', name }, type, shape });
    this.#inputs.set(name, value);
    return value;
  }

  /** A float32 tensor that training changes. @throws RankforgeError `usage` for a second of that name */
  parameter(name: string, shape: readonly number[]): Value {
    this.#checkNew(name);
    const value = this.#record({ source: { kind: 'parameter', name }, type: 'float32', shape });
    this.#parameters.set(name, value);
    return value;
  }

  constant(data: Float32Array | BigInt64Array, shape: readonly number[]): Value {
    const type = data instanceof Float32Array ? 'float32' : 'int64';
    return this.#record({ source: { kind: 'constant', data }, type, shape });
  }

  /** One float, as a tensor without dimensions; one constant for each number. */
  scalar(number: number): Value {
    const known = this.#scalars.get(number);
    if (known) return known;
    const value = this.constant(Float32Array.of(number), []);
    this.#scalars.set(number, value);
    return value;
  }

  /** A list of int64, as operators take axes, shapes and starts. */
  integers(...numbers: readonly number[]): Value {
    return this.constant(BigInt64Array.from(numbers, BigInt), [numbers.length]);
  }

  /** Adds a node with one output. A null input is an optional one left out. */
  node<Name extends OperatorName>(
    operator: Name,
    inputs: readonly (Value | null)[],
    attributes: OperatorAttributes<Name>,
    details: NodeDetails,
  ): Value {
    return this.nodes(operator, inputs, attributes, [details])[0]!;
  }

  /** Adds a node with several outputs, one detail an output. */
  nodes<Name extends OperatorName>(
    operator: Name,
    inputs: readonly (Value | null)[],
    attributes: OperatorAttributes<Name>,
    details: readonly NodeDetails[],
  ): Value[] {
    const node: TapeNode = { operator, inputs, attributes, outputs: details.length };
    return details.map((detail, output) =>
      this.#record({ type: 'float32', ...detail, source: { kind: 'node', node, output } }),
    );
  }

  /** The size that a name stands for, as an int64 list of one, read from an input that has it. */
  sizeOf(name: string): Value {
    for (const input of this.#inputs.values()) {
      const axis = input.shape.indexOf(name);
      if (axis < 0) continue;
      return this.node('Shape', [input], { start: axis, end: axis + 1 }, { shape: [1], type: 'int64' });
    }
    throw new RankforgeError('usage', `No input has a side named ${name}`, {
      where: name,
      hint: 'Name the sizes of inputs, and use those names only.',
    });
  }

  get parameters(): ReadonlyMap<string, Value> {
    return this.#parameters;
  }

  get inputs(): ReadonlyMap<string, Value> {
    return this.#inputs;
  }

  /** Values recorded so far; a value recorded later has this id or a greater one. */
  get length(): number {
    return this.#values.length;
  }

  #record(details: NodeDetails & { readonly source: Source; readonly type: TensorType }): Value {
    const { source, type, shape, operands = [], rule } = details;
    const value = { id: this.#values.length, tape: this, source, type, shape, operands, rule };
    this.#values.push(value);
    return value;
  }

  #checkNew(name: string): void {
    if (!this.#inputs.has(name) && !this.#parameters.has(name)) return;
    throw new RankforgeError('usage', `The tape has two values named ${name}`, {
      where: name,
      hint: 'Give each input and parameter its own name.',
    });
  }
}

/** The length of a side that must be known when the graph is written, such as the width of a layer. */
export function fixedSize(size: Size | undefined, what: string): number {
  if (typeof size === 'number') return size;
  throw new RankforgeError('usage', `The size of ${what} must be a number, not ${size ?? 'nothing'}`, {
    where: what,
    hint: 'Only batch and sequence may have sizes that change.',
  });
}
