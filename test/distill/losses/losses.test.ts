import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { randomStream } from '../../../src/core/random.js';
import { firstRankNet } from '../../../src/distill/losses/first-rank-net.js';
import { klDivergence } from '../../../src/distill/losses/kl-divergence.js';
import { lambdaRank } from '../../../src/distill/losses/lambda-rank.js';
import type { LossFunction } from '../../../src/distill/losses/loss.js';
import { marginMse } from '../../../src/distill/losses/margin-mse.js';
import { neuralNdcg } from '../../../src/distill/losses/neural-ndcg.js';
import { losses, lossFacts } from '../../../src/distill/losses/registry.js';
import { centralDifferences, isNear, sampleLists } from './sample-lists.js';

type Name = keyof typeof losses;

/** Losses on the values of the scores; all others see differences alone. */
const ofValues: readonly string[] = ['mse', 'bce', 'focal', 'multi-similarity', 'z-loss'];
/** Losses that follow the list's order where labels are equal, or that draw: an order among equals changes them. */
const ofTheOrderAmongEquals: readonly string[] = [
  'list-mle',
  'position-list-mle',
  'pld',
  'irpo',
  'first-rank-net',
];
/** Losses whose gradient is an estimate of that of the value's expectation: see pg-rank.test.ts. */
const sampled: readonly string[] = ['pg-rank'];
/** Stops of Sinkhorn's iteration jump by a hair, which a finite difference sees: all iterations are run here. */
const asTested = (name: string): LossFunction =>
  name === 'neural-ndcg' ? (s, t) => neuralNdcg(s, t, { tolerance: 0 }) : losses[name as Name];

const finite = ({ value, grad }: { readonly value: number; readonly grad: Float64Array }): boolean =>
  Number.isFinite(value) && grad.every(Number.isFinite);

for (const name of Object.keys(losses)) {
  const loss = asTested(name);
  const distinct = ofTheOrderAmongEquals.includes(name);
  describe(name, () => {
    test.skipIf(sampled.includes(name))('the gradient matches central differences', () => {
      fc.assert(
        fc.property(sampleLists(), ([s, t]) => {
          const { grad } = loss(s, t);
          const expected = centralDifferences((x) => loss(x, t).value, s);
          expected.forEach((one, i) => {
            expect(isNear(grad[i]!, one), `dL/ds_${i}: ${grad[i]} by formula, ${one} by differences`).toBe(
              true,
            );
          });
        }),
        { numRuns: 60 },
      );
    });

    test.skipIf(sampled.includes(name) || !lossFacts[name as Name].weighted)(
      'with weights the gradient matches central differences, and weights of 1 are none',
      () => {
        fc.assert(
          fc.property(sampleLists({ least: 2 }), fc.integer({ min: 0, max: 99 }), ([s, t], seed) => {
            const random = randomStream(seed, 'weights');
            const weights = s.map(() => random.next() * 3);
            const presence = s.map(() => Math.max(0, random.next() * 1.5 - 0.5));
            const { grad } = loss(s, t, { weights, presence });
            const expected = centralDifferences((x) => loss(x, t, { weights, presence }).value, s);
            expect(expected.every((one, i) => isNear(grad[i]!, one))).toBe(true);
            const ones = s.map(() => 1);
            expect(isNear(loss(s, t, { weights: ones, presence: ones }).value, loss(s, t).value, 1e-12)).toBe(
              true,
            );
          }),
          { numRuns: 25 },
        );
      },
    );

    test('empty lists, one item, ties, constant and huge scores, all weights 0: always finite', () => {
      const of = (...values: number[]) => Float64Array.from(values);
      const cases: [Float64Array, Float64Array][] = [
        [of(), of()],
        [of(3), of(1)],
        [of(1, 2, 3), of(1, 1, 1)],
        [of(2, 2, 2, 2), of(0, 1, 1, 3)],
        [of(0, 0), of(0, 0)],
        [of(800, -800), of(0, 3)],
        [of(-800, 800, 800), of(3, 0, 1)],
        [of(1e30, -1e30, 1e30, 0), of(0, 3, 1, 2)],
        [of(-1e100, 1e100, 3), of(3, 0, 1)],
      ];
      for (const [s, t] of cases) {
        expect(finite(loss(s, t)), `${s} against ${t}`).toBe(true);
        expect(finite(loss(s, t, { weights: s.map(() => 0) }))).toBe(true);
        expect(finite(loss(s, t, { presence: s.map(() => 0) }))).toBe(true);
      }
    });

    test('a list of 1,000 is finite, with ties and without', () => {
      const random = randomStream(3, 'long');
      const s = Float64Array.from({ length: 1000 }, () => 5 * random.normal());
      for (const t of [s.map(() => random.int(4)), s.map(() => random.normal())]) {
        const found = loss(s, t);
        expect(finite(found)).toBe(true);
        expect(found.grad.some((one) => one !== 0)).toBe(true);
      }
    }, 60_000);

    test.skipIf(ofValues.includes(name))(
      'a shift of all scores changes nothing, and the gradient sums to 0',
      () => {
        fc.assert(
          fc.property(sampleLists(), fc.double({ min: -50, max: 50, noNaN: true }), ([s, t], shift) => {
            const [here, there] = [
              loss(s, t),
              loss(
                s.map((score) => score + shift),
                t,
              ),
            ];
            expect(isNear(here.value, there.value, 1e-7)).toBe(true);
            expect(here.grad.every((one, i) => isNear(one, there.grad[i]!, 1e-6))).toBe(true);
            expect(
              isNear(
                here.grad.reduce((sum, one) => sum + one, 0),
                0,
                1e-9,
              ),
            ).toBe(true);
          }),
          { numRuns: 25 },
        );
      },
    );

    test.skipIf(sampled.includes(name))(
      'items in another order have the same value and their own gradients',
      () => {
        fc.assert(
          fc.property(sampleLists({ distinct }), fc.integer({ min: 0, max: 99 }), ([s, t], seed) => {
            const random = randomStream(seed, 'order');
            const order = [...s.keys()].map((i) => [random.next(), i] as const).sort((a, b) => a[0] - b[0]);
            const shuffled = (values: Float64Array) => Float64Array.from(order, ([, i]) => values[i]!);
            const [here, there] = [loss(s, t), loss(shuffled(s), shuffled(t))];
            expect(isNear(here.value, there.value, 1e-9)).toBe(true);
            const expected = shuffled(here.grad);
            expect(there.grad.every((one, i) => isNear(one, expected[i]!, 1e-8))).toBe(true);
          }),
          { numRuns: 25 },
        );
      },
    );

    test.skipIf(sampled.includes(name))('going down the gradient lowers the loss', () => {
      const s = Float64Array.of(0.1, 0.5, -0.3, 0.9);
      const t = Float64Array.of(3, 0, 1, 0);
      const { value, grad } = loss(s, t);
      const moved = s.map((x, i) => x - 1e-3 * grad[i]!);
      expect(loss(moved, t).value).toBeLessThan(value);
    });

    test.skipIf(name === 'z-loss')('the perfect order, far apart, is better than the reverse of it', () => {
      const t = Float64Array.of(3, 2, 1, 0);
      const good = loss(Float64Array.of(3, 2, 1, 0), t, { random: randomStream(1, 'a') }).value;
      const bad = loss(Float64Array.of(0, 1, 2, 3), t, { random: randomStream(1, 'a') }).value;
      expect(good).toBeLessThan(bad);
    });
  });
}

// IRPO's items each win against the whole list, the last one too.
const heedful = Object.keys(losses).filter((name) => lossFacts[name as Name].weighted && name !== 'irpo');
test.each(heedful)('%s: a last item that is not there neither counts nor moves', (name) => {
  const loss: LossFunction = losses[name as Name];
  const [s, t] = [Float64Array.of(0.5, 5, 0), Float64Array.of(1, -1, 0)];
  const presence = Float64Array.of(1, 0, 1);
  const { value, grad } = loss(s, t, { presence });
  expect(grad[1]).toBeCloseTo(0, 12);
  expect(grad[0]).not.toBe(0);
  expect(loss(s.with(1, 9), t, { presence }).value).toBeCloseTo(value, 12);
});

describe('where a loss is least', () => {
  const t = Float64Array.of(2, -1, 0.5, 0);
  test.each(['mse', 'margin-mse', 'kl', 'list-net'] as const)(
    '%s has gradient 0 at the teacher’s own scores',
    (name) => {
      expect(losses[name](t, t).grad.every((one) => Math.abs(one) < 1e-12)).toBe(true);
    },
  );
  test.each(['bce', 'focal'] as const)('%s has gradient 0 at the logits of the probabilities', (name) => {
    const p = Float64Array.of(0.9, 0.2, 0.5);
    const s = p.map((one) => Math.log(one / (1 - one)));
    expect(losses[name](s, p).grad.every((one) => Math.abs(one) < 1e-12)).toBe(true);
  });
  test('hinge has none once every pair is its margin apart', () => {
    expect(losses.hinge(Float64Array.of(3.1, 1.05, -0.1, 0), Float64Array.of(3, 1, 0, 0))).toEqual({
      value: 0,
      grad: new Float64Array(4),
    });
  });
  test.each([
    'rank-net',
    'first-rank-net',
    'lambda-rank',
    'ndcg-loss2',
    'ndcg-loss2++',
    'lipo-lambda',
    'list-mle',
    'position-list-mle',
    'pld',
    'approx-ndcg',
    'neural-ndcg',
    'info-nce',
    'decoupled-softmax',
    'groco',
  ] as const)('%s: a perfect order pulled apart has a vanishing gradient, a wrong one does not', (name) => {
    const grades = Float64Array.of(3, 2, 1, 0);
    const far = grades.map((grade) => 60 * grade);
    const size = (s: Float64Array) =>
      losses[name](s, grades).grad.reduce((sum, one) => sum + Math.abs(one), 0);
    // The sorting network's swaps are Cauchy's, whose tails are heavy.
    expect(size(far)).toBeLessThan(name === 'groco' ? 1e-3 : 1e-6);
    expect(size(Float64Array.of(0, 1, 2, 3))).toBeGreaterThan(1e-2);
  });
  test('IRPO is least where the softmax is the discounts of the ranks', () => {
    const discounts = [1, 2, 3, 4].map((rank) => 1 / Math.log2(rank + 1));
    const s = Float64Array.from([0, 2, 1, 3], (rank) => Math.log(discounts[rank]!));
    expect(losses.irpo(s, Float64Array.of(9, 2, 5, 1)).grad.every((one) => Math.abs(one) < 1e-12)).toBe(true);
  });
});

test('values worked out by hand', () => {
  const s = Float64Array.of(1, 0);
  expect(losses['rank-net'](s, Float64Array.of(1, 0)).value).toBeCloseTo(Math.log(1 + Math.exp(-1)), 12);
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

test('a cut-off leaves pairs and ranks below it without a gradient', () => {
  const s = Float64Array.of(5, 4, 3, 2);
  const t = Float64Array.of(0, 3, 0, 1);
  expect(losses['ndcg-loss2++'](s, t, { cutoff: 2 }).grad.slice(2)).toEqual(Float64Array.of(0, 0));
  expect(losses['ndcg-loss2++'](s, t, { cutoff: 2 }).grad[1]).toBeLessThan(0);
  expect(neuralNdcg(s, t, { cutoff: 1 }).value).toBeGreaterThan(neuralNdcg(s, t).value);
});
