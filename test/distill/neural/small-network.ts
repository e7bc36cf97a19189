import { randomStream } from '../../../src/core/random.js';
import { Network } from '../../../src/distill/neural/network.js';
import { tanh } from '../../../src/distill/neural/operations/activations.js';
import { dropout } from '../../../src/distill/neural/operations/dropout.js';
import { linear } from '../../../src/distill/neural/operations/linear.js';
import { initialParameters } from '../../../src/distill/neural/parameters.js';
import { Tape } from '../../../src/distill/neural/tape.js';
import type { TrainingBatch } from '../../../src/distill/neural/train.js';

/** A network of one hidden layer with dropout: input `x` [batch, 2], output [batch, 1]. */
export async function openSmallNetwork() {
  const tape = new Tape();
  const hidden = dropout(
    tanh(
      linear(
        tape.input('x', 'float32', ['batch', 2]),
        tape.parameter('hidden.weight', [8, 2]),
        tape.parameter('hidden.bias', [8]),
      ),
    ),
    'hidden',
  );
  const output = linear(hidden, tape.parameter('score.weight', [1, 8]), tape.parameter('score.bias', [1]));
  return {
    network: await Network.open(output, { threads: 1 }),
    parameters: initialParameters(tape, 3, { deviation: 1 }),
  };
}

/** Points whose sign is that of x · y, and half the mean squared error. */
export function xorBatch(name: string | number, rows = 16): TrainingBatch {
  const random = randomStream(5, 'xor', name);
  const points = Float32Array.from({ length: 2 * rows }, () => 2 * random.next() - 1);
  const labels = Array.from({ length: rows }, (_, i) => Math.sign(points[2 * i]! * points[2 * i + 1]!));
  return {
    feeds: { x: { data: points, shape: [rows, 2] } },
    loss: ({ data }) => {
      const errors = labels.map((label, i) => data[i]! - label);
      return {
        value: errors.reduce((sum, error) => sum + error ** 2 / 2 / rows, 0),
        gradient: errors.map((error) => error / rows),
      };
    },
  };
}
