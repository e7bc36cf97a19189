import { dataTypes } from '../../../models/onnx/proto.js';
import type { Value } from '../tape.js';
import { expandLike, reshape, sizeOf } from './layout.js';

interface ReduceOptions {
  /** Keep the summed sides, with size 1. @default false */
  readonly keep?: boolean;
}

/** The sum over some sides. @param axes from 0 */
export function reduceSum(x: Value, axes: readonly number[], { keep = false }: ReduceOptions = {}): Value {
  const kept = x.shape.map((side, axis) => (axes.includes(axis) ? 1 : side));
  return x.tape.node(
    'ReduceSum',
    [x, x.tape.integers(...axes)],
    { keepdims: Number(keep) },
    {
      shape: keep ? kept : x.shape.filter((_, axis) => !axes.includes(axis)),
      operands: [x],
      rule: (g) => [expandLike(reshape(g, kept), x)],
    },
  );
}

/** The mean over some sides. @param axes from 0 */
export function reduceMean(x: Value, axes: readonly number[], { keep = false }: ReduceOptions = {}): Value {
  const kept = x.shape.map((side, axis) => (axes.includes(axis) ? 1 : side));
  return x.tape.node(
    'ReduceMean',
    [x, x.tape.integers(...axes)],
    { keepdims: Number(keep) },
    {
      shape: keep ? kept : x.shape.filter((_, axis) => !axes.includes(axis)),
      operands: [x],
      rule: (g) => {
        // Not `multiply`, whose way back is a sum from here: gradients are not differentiated again.
        const share = x.tape.node('Mul', [reshape(g, kept), shareOf(x, axes)], {}, { shape: kept });
        return [expandLike(share, x)];
      },
    },
  );
}

/** 1 / the number of elements that a mean is taken over. */
function shareOf(x: Value, axes: readonly number[]): Value {
  const { tape } = x;
  const sides = axes.map((axis) => x.shape[axis]!);
  const fixed = sides.reduce<number>(
    (product, side) => (typeof side === 'number' ? product * side : product),
    1,
  );
  const named = sides.filter((side) => typeof side === 'string');
  if (named.length === 0) return tape.scalar(1 / fixed);
  const count = tape.node('Cast', [sizeOf(tape, named.join('*'))], { to: dataTypes.float32 }, { shape: [1] });
  return tape.node('Div', [tape.scalar(1 / fixed), count], {}, { shape: [1] });
}
