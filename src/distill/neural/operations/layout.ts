import type { Shape, Size } from '../shape.js';
import { fixedSize, type Tape, type Value } from '../tape.js';

/** The same elements in another shape. */
export function reshape(x: Value, shape: Shape): Value {
  if (sameShape(x.shape, shape)) return x;
  return x.tape.node(
    'Reshape',
    [x, targetShape(x.tape, shape)],
    {},
    { shape, type: x.type, operands: [x], rule: (g) => [reshape(g, x.shape)] },
  );
}

/** Sides in another order: side i of the result is side `order[i]` of `x`. */
export function transpose(x: Value, order: readonly number[]): Value {
  const back = order.map((_, axis) => order.indexOf(axis));
  return x.tape.node(
    'Transpose',
    [x],
    { perm: order },
    {
      shape: order.map((axis) => x.shape[axis]!),
      operands: [x],
      rule: (g) => [transpose(g, back)],
    },
  );
}

/**
 * Elements `start` to before `end` of a side.
 * @param axis from 0
 * @param end at most the side; a name takes as many as an input's side of that name has, with `start` 0
 */
export function slice(x: Value, axis: number, start: number, end: Size): Value {
  const { tape } = x;
  const last = sizeOf(tape, end);
  return tape.node(
    'Slice',
    [x, tape.integers(start), last, tape.integers(axis)],
    {},
    {
      shape: x.shape.with(axis, typeof end === 'number' ? end - start : end),
      type: x.type,
      operands: [x],
      rule: (g) => {
        const rest = tape.node(
          'Sub',
          [sizeOf(tape, x.shape[axis]!), last],
          {},
          { shape: [1], type: 'int64' },
        );
        const pads = tape.node(
          'Concat',
          [tape.integers(start), rest],
          { axis: 0 },
          { shape: [2], type: 'int64' },
        );
        return [tape.node('Pad', [g, pads, null, tape.integers(axis)], {}, { shape: x.shape })];
      },
    },
  );
}

/** The first `x.shape[axis]` elements of each tensor, one after the other. @param axis from 0 */
export function concat(parts: readonly Value[], axis: number): Value {
  const { tape, shape } = parts[0]!;
  const ends: number[] = [];
  for (const part of parts) ends.push((ends.at(-1) ?? 0) + fixedSize(part.shape[axis], 'a joined side'));
  return tape.node(
    'Concat',
    parts,
    { axis },
    {
      shape: shape.with(axis, ends.at(-1)!),
      operands: parts,
      rule: (g) => ends.map((end, i) => slice(g, axis, ends[i - 1] ?? 0, end)),
    },
  );
}

/** Stretches sides of 1 to those of another value. */
export function expandLike(x: Value, like: Value): Value {
  if (sameShape(x.shape, like.shape)) return x;
  return x.tape.node('Expand', [x, sizesOf(x.tape, like.shape)], {}, { shape: like.shape });
}

/** A shape as an int64 list, known when the graph runs. */
export function sizesOf(tape: Tape, shape: Shape): Value {
  if (shape.every((side) => typeof side === 'number')) return tape.integers(...shape);
  const sides = shape.map((side) => sizeOf(tape, side));
  return sides.length === 1
    ? sides[0]!
    : tape.node('Concat', sides, { axis: 0 }, { shape: [sides.length], type: 'int64' });
}

/** A side as an int64 list of one; a product of names is multiplied. */
export function sizeOf(tape: Tape, side: Size): Value {
  if (typeof side === 'number') return tape.integers(side);
  return side
    .split('*')
    .map((name) => tape.sizeOf(name))
    .reduce((product, size) => tape.node('Mul', [product, size], {}, { shape: [1], type: 'int64' }));
}

/** One side may be left to ONNX as −1; more that are named are read from the inputs. */
function targetShape(tape: Tape, shape: Shape): Value {
  const named = shape.filter((side) => typeof side === 'string').length;
  if (named > 1) return sizesOf(tape, shape);
  return tape.integers(...shape.map((side) => (typeof side === 'number' ? side : -1)));
}

const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((side, axis) => side === b[axis]);
