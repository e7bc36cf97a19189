import fc from 'fast-check';
import { expect, test } from 'vitest';
import { randomStream } from '../../src/core/random.js';
import { pairedRandomisationTest } from '../../src/evaluate/paired-randomisation-test.js';

// From scipy.stats.permutation_test(permutation_type='samples', n_resamples=inf).
test.each([
  { a: [0.086, 0.237, 0.801, 0.582, 0.094], b: [0.038, 0.46, 0.756, 0.632, 0.0], p: 0.8125 },
  {
    a: [0.391, 0.517, 0.431, 0.587, 0.738, 0.956, 0.284, 0.649, 0.696, 0.293],
    b: [0.307, 0.205, 0.269, 0.583, 0.685, 0.795, 0.0, 0.609, 0.653, 0.063],
    p: 0.001953125,
  },
  {
    a: [0.374, 0.091, 0.661, 0.931, 0.207, 0.63, 0.298, 0.742, 0.722, 0.219, 0.83, 0.658],
    b: [0.189, 0.078, 0.742, 0.847, 0.135, 0.339, 0.106, 0.633, 0.475, 0.17, 0.889, 0.49],
    p: 0.0107421875,
  },
])('the exact p equals scipy’s: $p', ({ a, b, p }) => {
  const result = pairedRandomisationTest(a, b, { seed: 1 });
  expect(result.exact).toBe(true);
  expect(result.p).toBeCloseTo(p, 12);
});

const pairs = fc.array(fc.tuple(fc.integer({ min: 0, max: 10 }), fc.integer({ min: 0, max: 10 })), {
  maxLength: 9,
});

test('equals all sign patterns counted one by one, and is the same both ways', () => {
  fc.assert(
    fc.property(pairs, (values) => {
      const a = values.map(([x]) => x / 10);
      const b = values.map(([, y]) => y / 10);
      // In whole tenths, so that ties are exact.
      const differences = values.map(([x, y]) => x - y);
      const observed = Math.abs(differences.reduce((sum, value) => sum + value, 0));
      let hits = 0;
      for (let pattern = 0; pattern < 2 ** values.length; pattern++) {
        const sum = differences.reduce((total, value, i) => total + ((pattern >> i) & 1 ? value : -value), 0);
        if (Math.abs(sum) >= observed) hits++;
      }
      const result = pairedRandomisationTest(a, b, { seed: 1 });
      expect(result.p).toBeCloseTo(hits / 2 ** values.length, 12);
      expect(pairedRandomisationTest(b, a, { seed: 1 }).p).toBe(result.p);
    }),
  );
});

/** Normal values about a mean. */
const draw = (seed: number, name: string, count: number, mean: number): number[] => {
  const random = randomStream(seed, name);
  return Array.from({ length: count }, () => mean + random.normal());
};

test('sampled p agrees with the exact one, is seeded, and is never 0', () => {
  const a = draw(1, 'a', 16, 0.4);
  const b = draw(1, 'b', 16, 0);
  const exact = pairedRandomisationTest(a, b, { seed: 1 });
  // A 17th query with the least difference that counts keeps p and forces sampling.
  const sampled = pairedRandomisationTest([...a, 1e-13], [...b, 0], { seed: 1 });
  expect(exact.exact).toBe(true);
  expect(sampled.exact).toBe(false);
  expect(Math.abs(sampled.p - exact.p)).toBeLessThan(0.005);
  expect(pairedRandomisationTest([...a, 1e-13], [...b, 0], { seed: 1 }).p).toBe(sampled.p);
  const clear = pairedRandomisationTest(draw(2, 'a', 60, 9), draw(2, 'b', 60, 0), { seed: 1 });
  expect(clear.p).toBeCloseTo(1 / 100_001, 12);
});

test('finds a difference by chance about as often as p says', () => {
  const trials = 300;
  let found = 0;
  for (let trial = 0; trial < trials; trial++) {
    const a = draw(trial, 'a', 12, 0);
    const b = draw(trial, 'b', 12, 0);
    if (pairedRandomisationTest(a, b, { seed: trial }).p <= 0.1) found++;
  }
  // Binomial(300, 0.1): 30 expected, standard deviation 5.2.
  expect(found).toBeGreaterThan(14);
  expect(found).toBeLessThan(46);
});

test('no queries, equal queries and unequal lengths', () => {
  expect(pairedRandomisationTest([], [], { seed: 1 })).toMatchObject({ p: 1, difference: 0 });
  expect(pairedRandomisationTest([0.5, 0.5], [0.5, 0.5], { seed: 1 }).p).toBe(1);
  expect(() => pairedRandomisationTest([1], [1, 2], { seed: 1 })).toThrow(RangeError);
});
