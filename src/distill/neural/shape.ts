import { RankforgeError } from '../../core/errors.js';

/** A side of a tensor: a number, or names of sizes known when the graph runs, for instance `batch` or `batch*length`. */
export type Size = number | string;
export type Shape = readonly Size[];

/** What named sizes are in one run. */
export type Sizes = ReadonlyMap<string, number>;

/** The shape in numbers. @throws RankforgeError `usage` for a name without a size */
export function evaluateShape(shape: Shape, sizes: Sizes): number[] {
  return shape.map((side) => {
    if (typeof side === 'number') return side;
    return side.split('*').reduce((product, name) => {
      const size = sizes.get(name);
      if (size === undefined) {
        throw new RankforgeError('usage', `The size ${name} is not known`, {
          where: side,
          hint: 'Give an input that has a side of this name.',
        });
      }
      return product * size;
    }, 1);
  });
}

/**
 * Reads named sizes off a tensor.
 * @throws RankforgeError `usage` where it does not have the shape that was declared
 */
export function bindSizes(
  name: string,
  declared: Shape,
  actual: readonly number[],
  sizes: Map<string, number>,
): void {
  const fits =
    declared.length === actual.length &&
    declared.every((side, axis) => {
      const size = actual[axis]!;
      if (typeof side === 'number') return side === size;
      if (!sizes.has(side)) sizes.set(side, size);
      return sizes.get(side) === size;
    });
  if (fits) return;
  throw new RankforgeError(
    'usage',
    `The input ${name} is [${actual.join(', ')}], not [${declared.join(', ')}]`,
    {
      where: name,
      hint: 'Give every input the batch and the length of the others.',
    },
  );
}

export const elements = (shape: readonly number[]): number =>
  shape.reduce((product, side) => product * side, 1);

/** The shape of an element-by-element operation: sides of 1 and missing ones stretch, as in NumPy. */
export function broadcastShapes(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const left = a[axis - rank + a.length] ?? 1;
    const right = b[axis - rank + b.length] ?? 1;
    if (left === right || right === 1) return left;
    if (left === 1) return right;
    throw new RankforgeError('usage', `[${a.join(', ')}] and [${b.join(', ')}] do not fit each other`, {
      hint: 'Sides must be equal or 1.',
    });
  });
}
