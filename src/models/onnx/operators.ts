import type { attributeTypes } from './proto.js';

export type AttributeKind = keyof typeof attributeTypes;

/**
 * The operators a graph may use, each with its attributes and their kinds. ONNX tells integers from floats and
 * JavaScript does not, so the kinds are written here once; another operator is one more line.
 * @see https://onnx.ai/onnx/operators/
 */
export const operators = {
  Add: {},
  Cast: { to: 'int' },
  Clip: {},
  Concat: { axis: 'int' },
  ConstantOfShape: {},
  Div: {},
  Dropout: {},
  DynamicQuantizeLinear: {},
  Equal: {},
  Erf: {},
  Exp: {},
  Expand: {},
  Flatten: { axis: 'int' },
  Gather: { axis: 'int' },
  Gelu: { approximate: 'string' },
  Gemm: { alpha: 'float', beta: 'float', transA: 'int', transB: 'int' },
  Greater: {},
  Identity: {},
  LayerNormalization: { axis: 'int', epsilon: 'float', stash_type: 'int' },
  Log: {},
  LogSoftmax: { axis: 'int' },
  LpNormalization: { axis: 'int', p: 'int' },
  MatMul: {},
  MatMulInteger: {},
  Max: {},
  Mul: {},
  Neg: {},
  Pad: { mode: 'string' },
  Pow: {},
  Reciprocal: {},
  ReduceMax: { keepdims: 'int', noop_with_empty_axes: 'int' },
  ReduceMean: { keepdims: 'int', noop_with_empty_axes: 'int' },
  ReduceSum: { keepdims: 'int', noop_with_empty_axes: 'int' },
  Relu: {},
  Reshape: { allowzero: 'int' },
  ScatterND: { reduction: 'string' },
  Shape: { start: 'int', end: 'int' },
  Sigmoid: {},
  Slice: {},
  Softmax: { axis: 'int' },
  Softplus: {},
  Sqrt: {},
  Squeeze: {},
  Sub: {},
  Tanh: {},
  Transpose: { perm: 'ints' },
  Unsqueeze: {},
  Where: {},
} as const satisfies Record<string, Record<string, AttributeKind>>;

export type OperatorName = keyof typeof operators;

interface KindValues {
  float: number;
  int: number;
  string: string;
  floats: readonly number[];
  ints: readonly number[];
}

/** Attribute values of one operator, for instance `{ transB: 1 }` of `Gemm`. */
export type OperatorAttributes<Name extends OperatorName> = {
  readonly [Key in keyof (typeof operators)[Name]]?: (typeof operators)[Name][Key] extends AttributeKind
    ? KindValues[(typeof operators)[Name][Key]]
    : never;
};
