import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bucketedBatches } from '../../../src/distill/neural/bucketed-batches.js';

test('each epoch has every item once, and the same seed the same batches', () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 90 });
  fc.assert(
    fc.property(lengths, fc.integer({ min: 1, max: 8 }), fc.nat({ max: 3 }), (items, size, seed) => {
      const plan = bucketedBatches(items, { size, seed });
      const again = bucketedBatches(items, { size, seed });
      for (const epoch of [2, 0]) {
        const steps = Array.from(
          { length: plan.stepsPerEpoch },
          (_, i) => epoch * plan.stepsPerEpoch + i + 1,
        );
        const batches = steps.map((step) => plan.batchOf(step));
        expect(batches.flat().sort((a, b) => a - b)).toEqual([...items.keys()]);
        expect(batches.every((batch) => batch.length <= size)).toBe(true);
        // From any step on, as a resumed run asks.
        for (const step of steps.toReversed()) expect(again.batchOf(step)).toEqual(plan.batchOf(step));
      }
    }),
    { numRuns: 50 },
  );
});

test('lengths of a batch are alike, and epochs differ', () => {
  const lengths = Array.from({ length: 400 }, (_, i) => 1 + ((i * 37) % 100));
  const { batchOf, stepsPerEpoch } = bucketedBatches(lengths, { size: 8, seed: 1 });
  const padding = Array.from({ length: stepsPerEpoch }, (_, i) => {
    const sizes = batchOf(i + 1).map((item) => lengths[item]!);
    return sizes.length * Math.max(...sizes) - sizes.reduce((sum, size) => sum + size, 0);
  }).reduce((sum, waste) => sum + waste, 0);
  expect(padding / lengths.reduce((sum, size) => sum + size, 0)).toBeLessThan(0.05);
  expect(batchOf(1)).not.toEqual(batchOf(1 + stepsPerEpoch));
});
