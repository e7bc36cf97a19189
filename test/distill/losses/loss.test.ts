import fc from 'fast-check';
import { expect, test } from 'vitest';
import { orderByScore } from '../../../src/core/vectors.js';
import { orderOf } from '../../../src/distill/losses/loss.js';

test('the order is by value, ties as they came, in short lists and long ones', () => {
  const value = fc.oneof(
    fc.integer({ min: -2, max: 2 }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constant(-0),
  );
  fc.assert(
    fc.property(fc.array(value, { maxLength: 150, size: 'max' }), (values) => {
      expect([...orderOf(Float64Array.from(values))]).toEqual(orderByScore(values));
    }),
  );
});
