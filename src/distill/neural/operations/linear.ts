import { RankforgeError } from '../../../core/errors.js';
import type { OperatorAttributes } from '../../../models/onnx/operators.js';
import { broadcastShapes, type Shape } from '../shape.js';
import type { Value } from '../tape.js';
import { transpose } from './layout.js';
import { reduceSum } from './reduce.js';

/**
 * x · weightsᵀ + bias.
 * @param x [rows, in]  @param weights [out, in], as PyTorch keeps them  @param bias [out]
 */
export function linear(x: Value, weights: Value, bias?: Value): Value {
  const shape: Shape = [x.shape[0]!, weights.shape[0]!];
  if (x.shape.length !== 2 || x.shape[1] !== weights.shape[1]) {
    throw new RankforgeError(
      'usage',
      `[${x.shape.join(', ')}] does not go into weights [${weights.shape.join(', ')}]`,
      { hint: 'Give rows of the width that the weights take.' },
    );
  }
  return x.tape.node(
    'Gemm',
    [x, weights, bias ?? null],
    { transB: 1 },
    {
      shape,
      operands: bias ? [x, weights, bias] : [x, weights],
      rule: (g) => [
        gemm(g, weights, x.shape),
        gemm(g, x, weights.shape, { transA: 1 }),
        ...(bias ? [reduceSum(g, [0])] : []),
      ],
    },
  );
}

/** Matrix products over the last two sides; the others must be equal. */
export function matMul(a: Value, b: Value): Value {
  const [rows, columns] = [a.shape.at(-2)!, b.shape.at(-1)!];
  const lead = broadcastShapes(a.shape.slice(0, -2), b.shape.slice(0, -2));
  return a.tape.node(
    'MatMul',
    [a, b],
    {},
    {
      shape: [...lead, rows, columns],
      operands: [a, b],
      rule: (g) => [matMul(g, swapLast(b)), matMul(swapLast(a), g)],
    },
  );
}

/** The last two sides swapped. ONNX Runtime fuses it into the product that reads it. */
export function swapLast(x: Value): Value {
  const rank = x.shape.length;
  return transpose(x, [...Array(rank - 2).keys(), rank - 1, rank - 2]);
}

const gemm = (a: Value, b: Value, shape: Shape, attributes: OperatorAttributes<'Gemm'> = {}): Value =>
  a.tape.node('Gemm', [a, b], attributes, { shape });
