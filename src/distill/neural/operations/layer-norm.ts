import type { Value } from '../tape.js';
import { multiply, subtract } from './arithmetic.js';
import { reduceMean, reduceSum } from './reduce.js';

/**
 * Layer norm over the last side: z · gain + shift, z = (x − mean) / √(variance + epsilon).
 * dx = (h − mean(h) − z · mean(h z)) / √(variance + epsilon), h = g · gain
 * @param x [rows, width]  @param gain [width]  @param shift [width]
 * @see Ba, Kiros & Hinton 2016, arXiv:1607.06450
 */
export function layerNorm(x: Value, gain: Value, shift: Value, epsilon: number): Value {
  const { tape, shape } = x;
  const last = shape.length - 1;
  const row = shape.with(last, 1);
  const rest = shape.map((_, axis) => axis).slice(0, -1);
  const outputs: readonly Value[] = tape.nodes(
    'LayerNormalization',
    [x, gain, shift],
    { axis: -1, epsilon },
    [
      {
        shape,
        operands: [x, gain, shift],
        rule: (g): Value[] => {
          const [, mean, inverse] = outputs;
          const z = multiply(subtract(x, mean!), inverse!);
          const h = multiply(g, gain);
          const along = multiply(z, reduceMean(multiply(h, z), [last], { keep: true }));
          const centred = subtract(subtract(h, reduceMean(h, [last], { keep: true })), along);
          return [multiply(centred, inverse!), reduceSum(multiply(g, z), rest), reduceSum(g, rest)];
        },
      },
      { shape: row },
      { shape: row },
    ],
  );
  return outputs[0]!;
}
