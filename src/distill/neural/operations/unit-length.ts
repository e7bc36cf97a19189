import type { Value } from '../tape.js';
import { divide, multiply, subtract } from './arithmetic.js';
import { reduceSum } from './reduce.js';

/** x / |x| over the last side. dx = (g − y · Σ g y) / |x| */
export function unitLength(x: Value): Value {
  const { tape, shape } = x;
  const last = shape.length - 1;
  const y: Value = tape.node(
    'LpNormalization',
    [x],
    { axis: -1, p: 2 },
    {
      shape,
      operands: [x],
      rule: (g) => {
        const square = reduceSum(multiply(x, x), [last], { keep: true });
        const length = tape.node('Sqrt', [square], {}, { shape: square.shape });
        const along = multiply(y, reduceSum(multiply(g, y), [last], { keep: true }));
        return [divide(subtract(g, along), length)];
      },
    },
  );
  return y;
}
