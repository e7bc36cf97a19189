import { dataTypes } from '../../../models/onnx/proto.js';
import type { Value } from '../tape.js';
import { expandLike } from './layout.js';

/** The greatest element of the last side, which is kept with size 1. Equal ones all get the gradient. */
export function reduceMax(x: Value): Value {
  const { tape } = x;
  const last = x.shape.length - 1;
  const shape = x.shape.with(last, 1);
  const y: Value = tape.node(
    'ReduceMax',
    [x, tape.integers(last)],
    { keepdims: 1 },
    {
      shape,
      operands: [x],
      rule: (g) => {
        const is = tape.node('Equal', [x, expandLike(y, x)], {}, { shape: x.shape });
        const picked = tape.node('Cast', [is], { to: dataTypes.float32 }, { shape: x.shape });
        return [tape.node('Mul', [expandLike(g, x), picked], {}, { shape: x.shape })];
      },
    },
  );
  return y;
}
