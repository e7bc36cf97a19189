import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { firstRankNet } from '../../../src/distill/losses/first-rank-net.js';
import { klDivergence } from '../../../src/distill/losses/kl-divergence.js';
import { lambdaRank } from '../../../src/distill/losses/lambda-rank.js';
import { marginMse } from '../../../src/distill/losses/margin-mse.js';
import { rankNet } from '../../../src/distill/losses/rank-net.js';
import { losses } from '../../../src/distill/losses/registry.js';

/** Distinct by far more than the step, so that no finite difference swaps two ranks. */
const lists = fc
  .integer({ min: 2, max: 12 })
  .chain((n) =>
    fc.tuple(
      fc.shuffledSubarray([...Array(n).keys()], { minLength: n, maxLength: n }),
      fc.array(fc.integer({ min: 0, max: 3 }), { minLength: n, maxLength: n }),
      fc.double({ min: 0.1, max: 2, noNaN: true }),
    ),
  )
  .map(
    ([order, grades, step]) =>
      [Float64Array.from(order, (x) => x * step - 2), Float64Array.from(grades)] as const,
  );

for (const [name, loss] of Object.entries(losses)) {
  describe(name, () => {
    test('the gradient matches central differences', () => {
      fc.assert(
        fc.property(lists, ([s, t]) => {
          const { grad } = loss(s, t);
          const h = 1e-5;
          for (let i = 0; i < s.length; i++) {
            const up = loss(s.with(i, s[i]! + h), t).value;
            const down = loss(s.with(i, s[i]! - h), t).value;
            expect(grad[i]!).toBeCloseTo((up - down) / (2 * h), 6);
          }
        }),
        { numRuns: 60 },
      );
    });

    test('a list of one, and labels all equal, give finite values', () => {
      for (const [s, t] of [
        [[3], [1]],
        [
          [1, 2, 3],
          [1, 1, 1],
        ],
        [
          [800, -800],
          [0, 3],
        ],
      ] as const) {
        const { value, grad } = loss(Float64Array.from(s), Float64Array.from(t));
        expect(Number.isFinite(value)).toBe(true);
        expect(grad.every(Number.isFinite)).toBe(true);
      }
    });

    test('going down the gradient lowers the loss', () => {
      const s = Float64Array.of(0.1, 0.5, -0.3, 0.9);
      const t = Float64Array.of(3, 0, 1, 0);
      const { value, grad } = loss(s, t);
      expect(
        loss(
          s.map((x, i) => x - 1e-3 * grad[i]!),
          t,
        ).value,
      ).toBeLessThan(value);
    });
  });
}

test('values worked out by hand', () => {
  const s = Float64Array.of(1, 0);
  expect(rankNet(s, Float64Array.of(1, 0)).value).toBeCloseTo(Math.log(1 + Math.exp(-1)), 12);
  expect(marginMse(s, Float64Array.of(0, 2)).value).toBeCloseTo(9, 12);
  expect(klDivergence(s, s).value).toBeCloseTo(0, 12);
  // Swapping ranks 1 and 2 of one item of gain 1 changes nDCG by 1 - 1/log2(3).
  expect(lambdaRank(s, Float64Array.of(1, 0)).value).toBeCloseTo(
    (1 - 1 / Math.log2(3)) * Math.log(1 + Math.exp(-1)),
    12,
  );
});

test("FIRST's weights are 1/(ri + rj), divided by their sum", () => {
  const s = Float64Array.of(0, 0, 0);
  const { grad } = firstRankNet(s, Float64Array.of(3, 2, 1));
  const total = 1 / 3 + 1 / 4 + 1 / 5;
  expect([...grad]).toEqual([
    expect.closeTo((-0.5 * (1 / 3 + 1 / 4)) / total, 12),
    expect.closeTo((0.5 * (1 / 3 - 1 / 5)) / total, 12),
    expect.closeTo((0.5 * (1 / 4 + 1 / 5)) / total, 12),
  ]);
});
