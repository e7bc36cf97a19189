import { dataTypes } from '../../../models/onnx/proto.js';
import type { Value } from '../tape.js';
import { add, exponential, multiply, negate, scale, subtract } from './arithmetic.js';

export function tanh(x: Value): Value {
  const y: Value = x.tape.node(
    'Tanh',
    [x],
    {},
    {
      shape: x.shape,
      operands: [x],
      rule: (g) => [multiply(g, subtract(x.tape.scalar(1), multiply(y, y)))],
    },
  );
  return y;
}

/** max(0, x), with gradient 0 at 0. */
export function relu(x: Value): Value {
  const { tape, shape } = x;
  const y: Value = tape.node(
    'Relu',
    [x],
    {},
    {
      shape,
      operands: [x],
      rule: (g) => {
        const passes = tape.node('Greater', [y, tape.scalar(0)], {}, { shape, type: 'bool' });
        return [multiply(g, tape.node('Cast', [passes], { to: dataTypes.float32 }, { shape }))];
      },
    },
  );
  return y;
}

/** d erf(x) = 2/√π · exp(−x²) */
export function erf(x: Value): Value {
  return x.tape.node(
    'Erf',
    [x],
    {},
    {
      shape: x.shape,
      operands: [x],
      rule: (g) => [multiply(g, scale(exponential(negate(multiply(x, x))), 2 / Math.sqrt(Math.PI)))],
    },
  );
}

/**
 * x · Φ(x), with Φ of the normal distribution, exact and not by tanh.
 * d = Φ(x) + x · φ(x) = ½ · (1 + erf(t) + 2/√π · t · exp(−t²)), t = x / √2
 * @see Hendrycks & Gimpel 2016, arXiv:1606.08415
 */
export function gelu(x: Value): Value {
  return x.tape.node(
    'Gelu',
    [x],
    {},
    {
      shape: x.shape,
      operands: [x],
      rule: (g) => {
        const { tape } = x;
        const t = scale(x, Math.SQRT1_2);
        // The factor 2/√π goes into the exponent: these tensors are the widest there are, and each pass costs.
        const bell = exponential(subtract(tape.scalar(Math.log(2 / Math.sqrt(Math.PI))), multiply(t, t)));
        const sum = add(add(erf(t), multiply(t, bell)), tape.scalar(1));
        return [multiply(scale(g, 0.5), sum)];
      },
    },
  );
}
