import { broadcastShapes, type Shape } from '../shape.js';
import type { Value } from '../tape.js';
import { reshape } from './layout.js';
import { reduceSum } from './reduce.js';

/** Element by element; sides of 1 stretch. */
export function add(a: Value, b: Value): Value {
  return combine('Add', a, b, (g) => [g, g]);
}

export function subtract(a: Value, b: Value): Value {
  return combine('Sub', a, b, (g) => [g, negate(g)]);
}

export function multiply(a: Value, b: Value): Value {
  return combine('Mul', a, b, (g) => [multiply(g, b), multiply(g, a)]);
}

/** d(a/b) = da / b − (a/b) · db / b */
export function divide(a: Value, b: Value): Value {
  const quotient = combine('Div', a, b, (g) => {
    const share = divide(g, b);
    return [share, negate(multiply(share, quotient))];
  });
  return quotient;
}

/** By one number. */
export const scale = (x: Value, factor: number): Value => multiply(x, x.tape.scalar(factor));

export function negate(x: Value): Value {
  return x.tape.node('Neg', [x], {}, { shape: x.shape, operands: [x], rule: (g) => [negate(g)] });
}

export function exponential(x: Value): Value {
  const y: Value = x.tape.node(
    'Exp',
    [x],
    {},
    { shape: x.shape, operands: [x], rule: (g) => [multiply(g, y)] },
  );
  return y;
}

function combine(
  operator: 'Add' | 'Sub' | 'Mul' | 'Div',
  a: Value,
  b: Value,
  rule: (gradient: Value) => readonly [Value, Value],
): Value {
  const shape = broadcastShapes(a.shape, b.shape);
  return a.tape.node(
    operator,
    [a, b],
    {},
    {
      shape,
      operands: [a, b],
      rule: (gradient) => {
        const [toA, toB] = rule(gradient);
        return [sumTo(toA, a.shape), sumTo(toB, b.shape)];
      },
    },
  );
}

/** Sums over what was stretched: the way back of broadcasting. */
function sumTo(gradient: Value, shape: Shape): Value {
  const lead = gradient.shape.length - shape.length;
  const axes = gradient.shape
    .map((_, axis) => axis)
    .filter((axis) => axis < lead || (shape[axis - lead] === 1 && gradient.shape[axis] !== 1));
  if (axes.length === 0) return gradient;
  const summed = reduceSum(gradient, axes, { keep: true });
  return lead === 0 ? summed : reshape(summed, shape);
}
