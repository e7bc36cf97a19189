import fc from 'fast-check';
import { expect, test } from 'vitest';
import { positiveCeiling } from '../../../src/generate/negatives/positive-ceiling.js';

test.each([
  // As NV-Retriever: TopK-PercPos at 95 per cent, TopK-MarginPos at 0.05.
  [0.8, { belowShare: 0.95 }, 0.76],
  [0.8, { belowMargin: 0.05 }, 0.75],
  [20, { belowShare: 0.9, belowMargin: 1 }, 18],
  [20, { belowShare: 0.9, belowMargin: 5 }, 15],
  // Log-odds and cosines below 0: a share of them would lie above the positive.
  [-2, { belowShare: 0.95 }, -2.1],
  [-0.1, { belowShare: 0.5 }, -0.15],
  [0, { belowShare: 0.5 }, 0],
  [3, {}, Number.POSITIVE_INFINITY],
])('below a positive of %d under %j: %d', (score, thresholds, expected) => {
  expect(positiveCeiling(score, thresholds)).toBeCloseTo(expected, 12);
});

test('never above the positive, and lower the stricter the threshold, whatever the sign', () => {
  const score = fc.double({ min: -1e3, max: 1e3, noNaN: true });
  const share = fc.double({ min: 0.001, max: 1, noNaN: true });
  fc.assert(
    fc.property(
      score,
      share,
      share,
      fc.double({ min: 0, max: 50, noNaN: true }),
      (positive, a, b, margin) => {
        const [strict, lax] = [Math.min(a, b), Math.max(a, b)];
        const ceiling = (options: object) => positiveCeiling(positive, options);
        expect(ceiling({ belowShare: lax })).toBeLessThanOrEqual(positive);
        expect(ceiling({ belowShare: strict })).toBeLessThanOrEqual(ceiling({ belowShare: lax }));
        expect(ceiling({ belowMargin: margin })).toBeLessThanOrEqual(positive);
        expect(ceiling({ belowShare: lax, belowMargin: margin })).toBe(
          Math.min(ceiling({ belowShare: lax }), ceiling({ belowMargin: margin })),
        );
      },
    ),
  );
});

test.each([{ belowShare: 0 }, { belowShare: 1.2 }, { belowShare: Number.NaN }, { belowMargin: -1 }])(
  '%j is refused',
  (options) => {
    expect(() => positiveCeiling(1, options)).toThrow(expect.objectContaining({ code: 'usage' }));
  },
);
