import fc from 'fast-check';
import { expect, test } from 'vitest';
import { planBatches } from '../../../src/models/encoder/batches.js';

test('every text once, within the limits, longest first', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(300), { maxLength: 80 }), (lengths) => {
      const batches = planBatches(lengths, { texts: 8, tokens: 500 });
      expect(batches.flat().sort((a, b) => a - b)).toEqual(lengths.map((_, i) => i));
      let last = Number.POSITIVE_INFINITY;
      for (const batch of batches) {
        const longest = Math.max(...batch.map((i) => lengths[i]!));
        expect(longest).toBeLessThanOrEqual(last);
        last = longest;
        expect(batch.length === 1 || batch.length * longest <= 500).toBe(true);
        expect(batch.length).toBeLessThanOrEqual(8);
      }
    }),
  );
});
