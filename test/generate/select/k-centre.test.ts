import fc from 'fast-check';
import { expect, test } from 'vitest';
import { vectorsOf } from '../../../src/generate/cluster/vector-source.js';
import { pickKCentre } from '../../../src/generate/select/k-centre.js';

type Point = readonly [number, number];
const distance = (a: Point, b: Point) => Math.hypot(a[0] - b[0], a[1] - b[1]);
const radius = (points: readonly Point[], chosen: readonly number[]) =>
  Math.max(...points.map((point) => Math.min(...chosen.map((index) => distance(point, points[index]!)))));

function* choices(size: number, count: number, first = 0): Generator<number[]> {
  if (count === 0) yield [];
  else
    for (let index = first; index <= size - count; index++) {
      for (const rest of choices(size, count - 1, index + 1)) yield [index, ...rest];
    }
}

test('its radius is at most twice the least there is (brute force)', async () => {
  const point = fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 40 }));
  await fc.assert(
    fc.asyncProperty(
      fc.array(point, { minLength: 1, maxLength: 10 }),
      fc.integer({ min: 1, max: 5 }),
      fc.integer({ min: 0, max: 9 }),
      async (points, wanted, seed) => {
        const count = Math.min(wanted, points.length);
        const vectors = vectorsOf(points.map((one) => Float32Array.from(one)));
        const picked = await pickKCentre(vectors, { count: wanted, seed });
        expect(picked).toHaveLength(count);
        expect(new Set(picked).size).toBe(count);
        let least = Number.POSITIVE_INFINITY;
        for (const choice of choices(points.length, count)) least = Math.min(least, radius(points, choice));
        expect(radius(points, picked)).toBeLessThanOrEqual(2 * least + 1e-6);
      },
    ),
    { numRuns: 300 },
  );
});

test('four corners before their neighbours', async () => {
  const points: Point[] = [
    [0, 0],
    [0, 1],
    [100, 0],
    [100, 1],
    [0, 100],
    [1, 100],
    [100, 100],
    [99, 100],
  ];
  const vectors = vectorsOf(points.map((one) => Float32Array.from(one)));
  for (let seed = 0; seed < 8; seed++) {
    const picked = await pickKCentre(vectors, { count: 4, seed });
    expect(picked.map((index) => Math.floor(index / 2)).sort()).toEqual([0, 1, 2, 3]);
  }
});

test('copies of one point are picked each once', async () => {
  const vectors = vectorsOf(Array(6).fill(Float32Array.from([1, 1])));
  expect(new Set(await pickKCentre(vectors, { count: 4, seed: 1 })).size).toBe(4);
  expect(await pickKCentre(vectorsOf([], 2), { count: 4, seed: 1 })).toEqual([]);
});
