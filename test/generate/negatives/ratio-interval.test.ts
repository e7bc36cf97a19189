import { expect, test } from 'vitest';
import { randomStream } from '../../../src/core/random.js';
import { ratioInterval } from '../../../src/generate/negatives/ratio-interval.js';

test('where each group is one draw it is Wilson’s interval', () => {
  // 8 of 40 by the formula is 0.2263 ± 0.1213, up to the factor n / (n − 1) of the variance.
  const parts = Array.from({ length: 40 }, (_, i) => ({ numerator: i < 8 ? 1 : 0, denominator: 1 }));
  const { value, low, high } = ratioInterval(parts);
  expect(value).toBe(0.2);
  expect(low).toBeCloseTo(0.105, 2);
  expect(high).toBeCloseTo(0.3476, 2);
});

test('no event in n groups is not certainty: the bound is that of n draws, however many each group holds', () => {
  const none = Array.from({ length: 20 }, () => ({ numerator: 0, denominator: 50 }));
  const { value, low, high } = ratioInterval(none);
  expect([value, low]).toEqual([0, 0]);
  expect(high).toBeCloseTo(1.959964 ** 2 / (20 + 1.959964 ** 2), 6);
  expect(ratioInterval([])).toEqual({ value: 0, low: 0, high: 1 });
  expect(ratioInterval([{ numerator: 0, denominator: 0 }])).toEqual({ value: 0, low: 0, high: 1 });
});

/** Queries whose false negatives come together: each has a rate of its own around the mean one. */
function simulate(queries: number, rate: number, size: number, seed: number) {
  const random = randomStream(seed);
  return Array.from({ length: queries }, () => {
    const own = random.next() < 0.5 ? 0 : 2 * rate;
    const denominator = 1 + random.int(2 * size);
    let numerator = 0;
    for (let i = 0; i < denominator; i++) if (random.next() < own) numerator += 1;
    return { numerator, denominator };
  });
}

test.each([
  [60, 0.1, 10],
  [60, 0.3, 10],
  [200, 0.05, 6],
])('of %d queries with a rate of %d about 95 per cent of the intervals hold it', (queries, rate, size) => {
  let held = 0;
  const trials = 600;
  for (let trial = 0; trial < trials; trial++) {
    const { low, high } = ratioInterval(simulate(queries, rate, size, trial));
    if (low <= rate && rate <= high) held += 1;
  }
  expect(held / trials).toBeGreaterThan(0.92);
  expect(held / trials).toBeLessThan(0.985);
});

test('it is wider than if the passages of a query were independent', () => {
  const parts = simulate(60, 0.3, 10, 1);
  const alone = parts.flatMap(({ numerator, denominator }) =>
    Array.from({ length: denominator }, (_, i) => ({ numerator: i < numerator ? 1 : 0, denominator: 1 })),
  );
  const width = ({ low, high }: { low: number; high: number }) => high - low;
  expect(width(ratioInterval(parts))).toBeGreaterThan(1.3 * width(ratioInterval(alone)));
});
