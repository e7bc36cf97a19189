import fc from 'fast-check';
import { expect, test } from 'vitest';
import { randomStream, shuffle } from '../../src/core/random.js';
import { mean } from '../../src/core/vectors.js';

test('a stream depends on the seed and every name, and on nothing else', () => {
  const draw = (...name: [number, ...string[]]) => randomStream(...name).next();
  expect(draw(7, 'queries', 'a')).toBe(draw(7, 'queries', 'a'));
  const others = [
    draw(8, 'queries', 'a'),
    draw(7, 'negatives', 'a'),
    draw(7, 'queries', 'b'),
    draw(7, 'queriesa'),
  ];
  expect(new Set([draw(7, 'queries', 'a'), ...others]).size).toBe(5);
});

test('uniform and normal numbers have the moments they should', () => {
  const random = randomStream(1, 'moments');
  const uniform = Array.from({ length: 20_000 }, () => random.next());
  const normal = Array.from({ length: 20_000 }, () => random.normal());
  expect(mean(uniform)).toBeCloseTo(0.5, 1);
  expect(Math.min(...uniform)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...uniform)).toBeLessThan(1);
  expect(Math.abs(mean(normal))).toBeLessThan(0.03);
  expect(mean(normal.map((x) => x * x))).toBeCloseTo(1, 1);
});

test('a shuffle keeps every item and leaves its argument alone', () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), fc.integer(), (items, seed) => {
      const before = [...items];
      expect(shuffle(items, randomStream(seed, 's')).sort()).toEqual([...before].sort());
      expect(items).toEqual(before);
    }),
  );
});
