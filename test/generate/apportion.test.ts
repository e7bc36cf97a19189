import fc from 'fast-check';
import { expect, test } from 'vitest';
import { apportion } from '../../src/generate/apportion.js';

test.each([
  // Hamilton's method by hand: quotas 4.7, 3.2, 2.1 of 10.
  { weights: [47, 32, 21], total: 10, given: [5, 3, 2] },
  { weights: [1, 1, 1], total: 10, given: [4, 3, 3] },
  { weights: [0.1, 0.2, 0.7], total: 10, given: [1, 2, 7] },
  { weights: [0, 1], total: 3, given: [0, 3] },
  { weights: [1, 1], total: 0, given: [0, 0] },
])('$weights of $total', ({ weights, total, given }) => expect(apportion(weights, total)).toEqual(given));

test("the United States' House of 1790: 120 seats by Hamilton's method", () => {
  // Populations of the census, in the order of the table in Balinski & Young, Fair Representation, 1982.
  const populations = {
    CT: 236_841,
    DE: 55_540,
    GA: 70_835,
    KY: 68_705,
    MD: 278_514,
    MA: 475_327,
    NH: 141_822,
    NJ: 179_570,
    NY: 331_589,
    NC: 353_523,
    PA: 432_879,
    RI: 68_446,
    SC: 206_236,
    VT: 85_533,
    VA: 630_560,
  };
  const seats = Object.fromEntries(
    apportion(Object.values(populations), 120).map((given, i) => [Object.keys(populations)[i], given]),
  );
  expect(seats).toEqual({
    CT: 8,
    DE: 2,
    GA: 2,
    KY: 2,
    MD: 9,
    MA: 16,
    NH: 5,
    NJ: 6,
    NY: 11,
    NC: 12,
    PA: 14,
    RI: 2,
    SC: 7,
    VT: 3,
    VA: 21,
  });
});

test('exact, within one of the quota, and never above a capacity', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 1000 }), fc.integer({ min: 0, max: 50 })), {
        minLength: 1,
        maxLength: 30,
      }),
      fc.integer({ min: 0, max: 400 }),
      fc.integer({ min: 0, max: 1 }),
      (groups, total, least) => {
        const weights = groups.map(([weight]) => weight);
        const capacities = groups.map(([, capacity]) => capacity);
        const sum = weights.reduce((all, one) => all + one, 0);
        fc.pre(sum > 0);
        const free = apportion(weights, total);
        expect(free.reduce((all, one) => all + one, 0)).toBe(total);
        for (const [i, given] of free.entries()) {
          const quota = (total * weights[i]!) / sum;
          expect(given).toBeGreaterThanOrEqual(Math.floor(quota - 1e-6));
          expect(given).toBeLessThanOrEqual(Math.ceil(quota + 1e-6));
        }
        const room = capacities.reduce((all, capacity, i) => all + (weights[i]! > 0 ? capacity : 0), 0);
        const first = capacities.reduce((all, capacity) => all + Math.min(least, capacity), 0);
        fc.pre(least === 0 || first <= total);
        const capped = apportion(weights, total, { capacities, least });
        for (const [i, given] of capped.entries()) {
          expect(given).toBeLessThanOrEqual(capacities[i]!);
          expect(given).toBeGreaterThanOrEqual(Math.min(least, capacities[i]!));
        }
        if (least === 0) expect(capped.reduce((all, one) => all + one, 0)).toBe(Math.min(total, room));
      },
    ),
  );
});
