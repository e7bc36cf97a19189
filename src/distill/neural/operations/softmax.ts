import type { Value } from '../tape.js';
import { add, multiply, scale, subtract } from './arithmetic.js';
import { matMul, swapLast } from './linear.js';
import { reduceSum } from './reduce.js';

/** Softmax over the last side. dx = y · (g − Σ g y) */
export function softmax(x: Value): Value {
  const last = x.shape.length - 1;
  const y: Value = x.tape.node(
    'Softmax',
    [x],
    { axis: -1 },
    {
      shape: x.shape,
      operands: [x],
      rule: (g) => [multiply(y, subtract(g, reduceSum(multiply(g, y), [last], { keep: true })))],
    },
  );
  return y;
}

/**
 * softmax(q kᵀ / √size + bias) v for each head.
 * @param q [batch, heads, length, size], as k and v
 * @param bias added to the scores, stretched to [batch, heads, length, length]: large and negative for padding
 * @param keep dropout's mask over the probabilities
 * @see Vaswani et al. 2017, arXiv:1706.03762
 */
export function attention(q: Value, k: Value, v: Value, bias: Value, keep?: Value): Value {
  const { tape, shape } = q;
  const size = shape[3] as number;
  const scaled = scale(q, 1 / Math.sqrt(size));
  const probabilities = softmax(add(matMul(scaled, swapLast(k)), bias));
  const used = keep ? multiply(probabilities, keep) : probabilities;
  const context: Value = tape.node(
    'MatMul',
    [used, v],
    {},
    {
      shape,
      operands: [scaled, k, v],
      // By hand, because softmax's sum over the keys, Σ g p, equals Σ g · context over the narrow side (Dao et al. 2022,
      // arXiv:2205.14135), and the widest tensors are then passed over twice less.
      rule: (g) => {
        const toUsed = matMul(g, swapLast(v));
        const toProbabilities = keep ? multiply(toUsed, keep) : toUsed;
        const sum = reduceSum(multiply(g, context), [3], { keep: true });
        const toScores = multiply(probabilities, subtract(toProbabilities, sum));
        return [matMul(toScores, k), matMul(swapLast(toScores), scaled), matMul(swapLast(used), g)];
      },
    },
  );
  return context;
}
