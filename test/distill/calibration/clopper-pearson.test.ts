import fc from 'fast-check';
import { expect, test } from 'vitest';
import { clopperPearson } from '../../../src/distill/calibration/clopper-pearson.js';

// scipy.stats.beta.ppf of SciPy 1.17.1.
test.each([
  [0, 10, 0.95, 0, 0.3084971078],
  [10, 10, 0.95, 0.6915028922, 1],
  [81, 263, 0.95, 0.2527367456, 0.3676219226],
  [1, 2, 0.9, 0.02532056552, 0.9746794345],
  [950, 1000, 0.99, 0.9294956248, 0.9660733373],
  [3.5, 7.25, 0.95, 0.1333044837, 0.8457403462],
  [1, 100_000, 0.95, 2.531780478e-7, 5.571516035e-5],
])('%d of %d at %d', (successes, trials, level, low, high) => {
  const interval = clopperPearson(successes, trials, level);
  expect(interval.mean).toBe(successes / trials);
  expect(interval.low).toBeCloseTo(low, 9);
  expect(interval.high).toBeCloseTo(high, 9);
  expect(interval.low / (low || 1)).toBeCloseTo(low ? 1 : 0, 6);
});

test('it holds the share that was seen, and failures turned around are its mirror', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5000 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (trials, share) => {
        const successes = Math.round(trials * share);
        const { low, mean, high } = clopperPearson(successes, trials);
        expect(low).toBeLessThanOrEqual(mean);
        expect(high).toBeGreaterThanOrEqual(mean);
        const other = clopperPearson(trials - successes, trials);
        expect(other.low).toBeCloseTo(1 - high, 9);
      },
    ),
    { numRuns: 50 },
  );
});

test('without trials anything may be', () => {
  expect(clopperPearson(0, 0)).toEqual({ mean: 0, low: 0, high: 1 });
});
