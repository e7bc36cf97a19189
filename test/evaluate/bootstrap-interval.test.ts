import { expect, test } from 'vitest';
import { randomStream } from '../../src/core/random.js';
import { bootstrapInterval } from '../../src/evaluate/bootstrap-interval.js';

const normals = (seed: number, count: number): number[] => {
  const random = randomStream(seed, 'values');
  return Array.from({ length: count }, () => random.normal());
};

test('is the normal interval for many normal values', () => {
  const values = normals(1, 400);
  const { mean, low, high } = bootstrapInterval(values, { seed: 1 });
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  const expected = (1.96 * deviation) / Math.sqrt(values.length);
  expect(Math.abs(high - mean - expected)).toBeLessThan(0.006);
  expect(Math.abs(mean - low - expected)).toBeLessThan(0.006);
});

test('holds the true mean about as often as its level says', () => {
  const trials = 200;
  let held = 0;
  for (let trial = 0; trial < trials; trial++) {
    const { low, high } = bootstrapInterval(normals(trial, 40), { seed: trial, samples: 500, level: 0.8 });
    if (low <= 0 && high >= 0) held++;
  }
  // Binomial(200, 0.8): 160 expected, standard deviation 5.7; the bootstrap is a little narrow at 40 values.
  expect(held).toBeGreaterThan(138);
  expect(held).toBeLessThan(178);
});

test('is seeded, and narrow where there is little to draw', () => {
  const values = normals(2, 20);
  expect(bootstrapInterval(values, { seed: 3 })).toEqual(bootstrapInterval(values, { seed: 3 }));
  expect(bootstrapInterval(values, { seed: 3 })).not.toEqual(bootstrapInterval(values, { seed: 4 }));
  expect(bootstrapInterval([], { seed: 1 })).toEqual({ mean: 0, low: 0, high: 0 });
  expect(bootstrapInterval([0.25], { seed: 1 })).toEqual({ mean: 0.25, low: 0.25, high: 0.25 });
});
