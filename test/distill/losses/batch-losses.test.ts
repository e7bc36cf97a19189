import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mannWhitney } from '../../../src/distill/losses/mann-whitney.js';
import { batchLosses } from '../../../src/distill/losses/registry.js';
import { wasserstein } from '../../../src/distill/losses/wasserstein.js';
import { centralDifferences, isNear, sampleLists } from './sample-lists.js';

const batches = fc.array(sampleLists({ most: 7, distinct: true }), { minLength: 1, maxLength: 5 });
const asBatch = (lists: readonly (readonly [Float64Array, Float64Array])[]) =>
  lists.map(([s, t]) => ({ s, t }));

for (const [name, loss] of Object.entries(batchLosses)) {
  describe(name, () => {
    test('the gradient matches central differences', () => {
      fc.assert(
        fc.property(batches, (lists) => {
          const { grads } = loss(asBatch(lists));
          lists.forEach(([s], list) => {
            const expected = centralDifferences(
              (x) => loss(asBatch(lists.map((one, i) => (i === list ? [x, one[1]] : one)))).value,
              s,
            );
            expected.forEach((one, i) => {
              expect(isNear(grads[list]![i]!, one, 2e-6)).toBe(true);
            });
          });
        }),
        { numRuns: 40 },
      );
    });

    test('no lists, empty lists, constant and huge scores: always finite', () => {
      const of = (...values: number[]) => Float64Array.from(values);
      for (const lists of [
        [],
        [{ s: of(), t: of() }],
        [
          { s: of(1), t: of(2) },
          { s: of(), t: of() },
        ],
        [
          { s: of(1e100, -1e100), t: of(0, 3) },
          { s: of(2, 2), t: of(1, 1) },
        ],
        [
          { s: of(5, 5, 5), t: of(0, 0, 0) },
          { s: of(5, 5, 5), t: of(0, 0, 0) },
        ],
      ]) {
        const { value, grads } = loss(lists);
        expect(Number.isFinite(value)).toBe(true);
        expect(grads.map((grad) => grad.length)).toEqual(lists.map(({ s }) => s.length));
        expect(grads.every((grad) => grad.every(Number.isFinite))).toBe(true);
      }
    });

    test('lists in another order have the same value', () => {
      fc.assert(
        fc.property(batches, (lists) => {
          expect(isNear(loss(asBatch(lists)).value, loss(asBatch(lists.toReversed())).value, 1e-9)).toBe(
            true,
          );
        }),
        { numRuns: 25 },
      );
    });
  });
}

describe('wasserstein', () => {
  const a = Float64Array.of(2, 1, 0);
  const b = Float64Array.of(0.5, 0.4, 0.3);

  test('is 0 at the labels, and not elsewhere', () => {
    expect(
      wasserstein([
        { s: a, t: a },
        { s: b, t: b },
      ]).value,
    ).toBeCloseTo(0, 12);
    expect(
      wasserstein([
        { s: b, t: a },
        { s: b, t: b },
      ]).value,
    ).toBeGreaterThan(0.01);
  });

  test('is blind to pairing: lists that swap their predictions cost nothing, which is why it is never alone', () => {
    expect(
      wasserstein([
        { s: b, t: a },
        { s: a, t: b },
      ]).value,
    ).toBeCloseTo(0, 12);
  });

  test('of one list is the squared distance of two softmaxes', () => {
    const shares = (x: Float64Array) => {
      const powers = x.map(Math.exp);
      return powers.map((one) => one / powers.reduce((sum, each) => sum + each, 0));
    };
    const [p, q] = [shares(Float64Array.of(0, 1, 0)), shares(a)];
    const expected = p.reduce((sum, one, i) => sum + (one - q[i]!) ** 2, 0);
    expect(wasserstein([{ s: Float64Array.of(0, 1, 0), t: a }]).value).toBeCloseTo(expected, 12);
  });
});

describe('mann-whitney', () => {
  test('compares across queries: a list that is right within itself still learns from another’s scale', () => {
    const right = { s: Float64Array.of(1, 0), t: Float64Array.of(1, 0) };
    const high = { s: Float64Array.of(11, 10), t: Float64Array.of(1, 0) };
    const [low] = mannWhitney([right, high]).grads;
    expect(low![0]).toBeLessThan(-0.2);
    expect(mannWhitney([right]).value).toBeCloseTo(Math.log(1 + Math.exp(-1)), 12);
  });

  test('bounds 1 − AUC from above, in units of ln 2', () => {
    fc.assert(
      fc.property(batches, (lists) => {
        const items = lists.flatMap(([s, t]) => Array.from(s, (score, i) => ({ score, label: t[i]! })));
        const [ups, downs] = [
          items.filter(({ label }) => label >= 1),
          items.filter(({ label }) => label < 1),
        ];
        const wrong = ups.flatMap((up) => downs.filter((down) => down.score >= up.score)).length;
        const bound = mannWhitney(asBatch(lists)).value / Math.LN2;
        expect(bound).toBeGreaterThanOrEqual(wrong / Math.max(1, ups.length * downs.length) - 1e-12);
      }),
    );
  });
});
