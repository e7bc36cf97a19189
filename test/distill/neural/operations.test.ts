import { describe, expect, test } from 'vitest';
import { GradientSum } from '../../../src/distill/neural/gradient-sum.js';
import { Network } from '../../../src/distill/neural/network.js';
import { erf, gelu, relu, tanh } from '../../../src/distill/neural/operations/activations.js';
import {
  add,
  divide,
  exponential,
  multiply,
  negate,
  scale,
  subtract,
} from '../../../src/distill/neural/operations/arithmetic.js';
import { gatherRows } from '../../../src/distill/neural/operations/gather-rows.js';
import { layerNorm } from '../../../src/distill/neural/operations/layer-norm.js';
import { concat, reshape, slice, transpose } from '../../../src/distill/neural/operations/layout.js';
import { linear, matMul } from '../../../src/distill/neural/operations/linear.js';
import { reduceMean, reduceSum } from '../../../src/distill/neural/operations/reduce.js';
import { attention, softmax } from '../../../src/distill/neural/operations/softmax.js';
import { unitLength } from '../../../src/distill/neural/operations/unit-length.js';
import { Tape, type Value } from '../../../src/distill/neural/tape.js';
import { expectGradients } from './gradient-check.js';

type P = Record<string, Value>;
const floats = (shape: readonly number[], value: (i: number) => number) => ({
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => value(i)),
  shape,
});

describe('gradients match central differences', () => {
  const pair = { a: [3, 4], b: [3, 4] };
  const apart = { b: Array.from({ length: 12 }, (_, i) => (i % 2 ? -1 : 1) * (1 + i / 6)) };
  // Away from 0, where ReLU has no derivative.
  const away = { x: Array.from({ length: 12 }, (_, i) => (i - 5.5) / 3) };
  test.each<[string, Record<string, number[]>, (p: P) => Value, Record<string, number[]>?]>([
    ['add', pair, ({ a, b }) => add(a!, b!)],
    ['add, a side stretched', { a: [3, 4], b: [3, 1] }, ({ a, b }) => add(a!, b!)],
    ['add, a side missing', { a: [2, 3, 4], b: [4] }, ({ a, b }) => add(b!, a!)],
    ['subtract', { a: [4], b: [3, 4] }, ({ a, b }) => subtract(a!, b!)],
    ['multiply', { a: [3, 4], b: [1, 4] }, ({ a, b }) => multiply(a!, b!)],
    ['multiply by itself', { a: [3] }, ({ a }) => multiply(a!, a!)],
    ['divide', pair, ({ a, b }) => divide(a!, b!), apart],
    ['divide a row by a table', { a: [4], b: [3, 4] }, ({ a, b }) => divide(a!, b!), apart],
    ['scale', { x: [5] }, ({ x }) => scale(x!, -2.5)],
    ['negate', { x: [5] }, ({ x }) => negate(x!)],
    ['exponential', { x: [5] }, ({ x }) => exponential(x!)],
    ['tanh', { x: [3, 4] }, ({ x }) => tanh(x!)],
    ['relu', { x: [3, 4] }, ({ x }) => relu(x!), away],
    ['erf', { x: [3, 4] }, ({ x }) => erf(x!)],
    ['gelu', { x: [3, 4] }, ({ x }) => gelu(x!), { x: away.x.map((value) => 2 * value) }],
    ['softmax', { x: [2, 3, 4] }, ({ x }) => softmax(x!)],
    ['unit length', { x: [3, 4] }, ({ x }) => unitLength(x!)],
    [
      'layer norm',
      { x: [3, 4], gain: [4], shift: [4] },
      ({ x, gain, shift }) => layerNorm(x!, gain!, shift!, 1e-5),
    ],
    [
      'layer norm of three sides',
      { x: [2, 2, 4], gain: [4], shift: [4] },
      ({ x, gain, shift }) => layerNorm(x!, gain!, shift!, 1e-5),
    ],
    ['linear', { x: [3, 4], w: [2, 4], b: [2] }, ({ x, w, b }) => linear(x!, w!, b)],
    ['linear without bias', { x: [3, 4], w: [2, 4] }, ({ x, w }) => linear(x!, w!)],
    ['matMul', { a: [2, 3, 4], b: [2, 4, 5] }, ({ a, b }) => matMul(a!, b!)],
    ['reduceSum', { x: [2, 3, 4] }, ({ x }) => reduceSum(x!, [1])],
    ['reduceSum of two sides, kept', { x: [2, 3, 4] }, ({ x }) => reduceSum(x!, [0, 2], { keep: true })],
    ['reduceMean', { x: [2, 3, 4] }, ({ x }) => reduceMean(x!, [2])],
    ['reshape', { x: [2, 6] }, ({ x }) => multiply(reshape(x!, [3, 4]), reshape(x!, [3, 4]))],
    ['transpose', { x: [2, 3, 4] }, ({ x }) => transpose(x!, [2, 0, 1])],
    ['slice', { x: [2, 5] }, ({ x }) => slice(x!, 1, 1, 3)],
    ['slice to the end', { x: [5, 2] }, ({ x }) => slice(x!, 0, 3, 5)],
    ['concat', { a: [2, 1], b: [2, 3] }, ({ a, b }) => concat([a!, b!, a!], 1)],
    ['a value used twice', { x: [3] }, ({ x }) => add(tanh(x!), multiply(tanh(x!), x!))],
  ])('%s', async (_, shapes, build, values) => {
    await expectGradients({ shapes, build: (_tape, p) => build(p), values });
  });

  test('gatherRows, as rows and as a whole table', async () => {
    const ids = { data: BigInt64Array.of(1n, 0n, 1n, 3n, 1n, 3n), shape: [2, 3] };
    const build = (tape: Tape, { table }: P): Value =>
      gatherRows(table!, tape.input('ids', 'int64', ['batch', 'length']));
    await expectGradients({ shapes: { table: [5, 2] }, feeds: { ids }, build });
    // Used a second time, the table has no gradient of rows alone.
    const twice = (tape: Tape, p: P): Value => add(build(tape, p), reduceSum(p.table!, [0]));
    await expectGradients({ shapes: { table: [5, 2] }, feeds: { ids }, build: twice });
  });

  test('attention with padding, with and without dropout', async () => {
    const shapes = { q: [2, 2, 3, 4], k: [2, 2, 3, 4], v: [2, 2, 3, 4] };
    const bias = floats([2, 1, 1, 3], (i) => (i === 5 ? -1e9 : 0));
    const keep = floats([2, 2, 3, 3], (i) => (i % 4 === 0 ? 0 : 4 / 3));
    await expectGradients({
      shapes,
      feeds: { bias },
      build: (tape, { q, k, v }) => attention(q!, k!, v!, tape.input('bias', 'float32', [2, 1, 1, 3])),
    });
    await expectGradients({
      shapes,
      feeds: { bias, keep },
      build: (tape, { q, k, v }) =>
        attention(
          q!,
          k!,
          v!,
          tape.input('bias', 'float32', [2, 1, 1, 3]),
          tape.input('keep', 'float32', [2, 2, 3, 3]),
        ),
    });
  });

  test('sides that are known when it runs: mean, slice, reshape', async () => {
    const x = floats([2, 3, 4], (i) => Math.sin(i));
    const keep = floats([2, 3, 4], (i) => (i % 3 === 0 ? 0 : 1.5));
    await expectGradients({
      shapes: { w: [4], table: [5, 4] },
      feeds: { x, keep },
      build: (tape, { w, table }) => {
        const input = tape.input('x', 'float32', ['batch', 'length', 4]);
        const mask = tape.input('keep', 'float32', ['batch', 'length', 4]);
        const y = multiply(tanh(add(multiply(input, w!), slice(table!, 0, 0, 'length'))), mask);
        const rows = reshape(y, ['batch*length', 4]);
        const back = reshape(multiply(rows, rows), ['batch', 'length', 2, 2]);
        const first = reshape(slice(back, 1, 0, 1), ['batch', 4]);
        return add(first, add(reduceMean(y, [1]), reduceMean(rows, [0])));
      },
    });
  });
});

test('a second pass adds to the first, and the way back is there once', async () => {
  const tape = new Tape();
  const w = tape.parameter('w', [2]);
  const parameters = new Map([['w', { shape: [2], data: Float32Array.of(1, 2) }]]);
  await using network = await Network.open(multiply(tape.input('x', 'float32', ['batch', 2]), w), {
    threads: 1,
  });
  const sum = new GradientSum(parameters);
  for (const rows of [1, 3]) {
    const pass = await network.forward(parameters, { x: floats([rows, 2], (i) => i + 1) });
    await pass.backward(new Float32Array(rows * 2).fill(1), sum);
    await expect(pass.backward(new Float32Array(rows * 2).fill(1), sum)).rejects.toMatchObject({
      code: 'usage',
    });
  }
  expect([...sum.get('w')]).toEqual([1 + 1 + 3 + 5, 2 + 2 + 4 + 6]);
  expect(sum.norm()).toBeCloseTo(Math.hypot(10, 14), 5);
});

test.each([
  ['a missing input', {}, /missing/],
  ['another width', { x: floats([1, 3], () => 1) }, /\[1, 3\], not \[batch, 2\]/],
])('%s is a usage error', async (_, feeds, message) => {
  const tape = new Tape();
  const parameters = new Map([['w', { shape: [2], data: Float32Array.of(1, 2) }]]);
  const output = multiply(tape.input('x', 'float32', ['batch', 2]), tape.parameter('w', [2]));
  await using network = await Network.open(output, { threads: 1 });
  await expect(network.forward(parameters, feeds)).rejects.toThrow(message);
});
