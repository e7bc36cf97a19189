import fc from 'fast-check';
import { expect, test } from 'vitest';
import { logSumExp, orderByScore, zScores } from '../../src/core/vectors.js';

test('log-sum-exp neither overflows nor underflows', () => {
  expect(logSumExp([1000, 1000])).toBeCloseTo(1000 + Math.LN2, 9);
  expect(logSumExp([-1000, -1000])).toBeCloseTo(-1000 + Math.LN2, 9);
  expect(logSumExp([])).toBe(Number.NEGATIVE_INFINITY);
});

test('z-scores have mean 0 and deviation 1, and constants give zeros', () => {
  expect(zScores([5, 5, 5])).toEqual([0, 0, 0]);
  fc.assert(
    fc.property(fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: 2 }), (values) => {
      const z = zScores(values);
      const sum = z.reduce((a, b) => a + b, 0);
      const squares = z.reduce((a, b) => a + b * b, 0);
      expect(Math.abs(sum)).toBeLessThan(1e-6 * values.length);
      expect(z.every((v) => v === 0) || Math.abs(squares - values.length) < 1e-6 * values.length).toBe(true);
    }),
  );
});

test('order by score is stable', () => {
  expect(orderByScore([1, 3, 3, 2])).toEqual([1, 2, 3, 0]);
});
