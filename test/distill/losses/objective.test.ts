import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseLossMix } from '../../../src/distill/losses/loss-mix.js';
import { makeObjective, type ScoredList } from '../../../src/distill/losses/objective.js';
import { losses } from '../../../src/distill/losses/registry.js';
import { centralDifferences, isNear, type Sample, sampleLists } from './sample-lists.js';

const scored = ([s, t]: Sample, more: Partial<ScoredList> = {}): ScoredList => ({
  scores: s,
  targets: { logits: t, order: t, grades: t, probabilities: t.map((one) => one / 3) },
  ...more,
});
const batches = fc.array(sampleLists({ most: 6 }), { minLength: 1, maxLength: 4 });

describe.each(['kl:1,mse:0.1', 'first-rank-net:2,mann-whitney:0.5,z-loss:0.01', 'irpo,wasserstein:3'])(
  '%s',
  (text) => {
    test('the gradient of the mean over a batch matches central differences', () => {
      const objective = makeObjective(parseLossMix(text));
      fc.assert(
        fc.property(batches, (samples) => {
          const lists = samples.map((sample) => scored(sample));
          const { grads } = objective(lists);
          lists.forEach(({ scores }, list) => {
            const at = (s: Float64Array) =>
              objective(lists.map((one, i) => (i === list ? { ...one, scores: s } : one))).value;
            centralDifferences(at, scores).forEach((one, i) => {
              expect(isNear(grads[list]![i]!, one, 2e-6)).toBe(true);
            });
          });
        }),
        { numRuns: 25 },
      );
    });
  },
);

test('a mix is the weighted sum of its losses, each with the labels that it wants', () => {
  const s = Float64Array.of(0.3, -0.2, 1);
  const t = Float64Array.of(3, 0, 1);
  const { value } = makeObjective(parseLossMix('kl:2,bce:0.5'))([scored([s, t])]);
  const chances = t.map((one) => one / 3);
  expect(value).toBeCloseTo(2 * losses.kl(s, t).value + 0.5 * losses.bce(s, chances).value, 12);
});

test("FIRST's ranks are each list's own: a batch is the mean of batches of one, however long its lists", () => {
  const objective = makeObjective(parseLossMix('first-rank-net'));
  fc.assert(
    fc.property(batches, (samples) => {
      const lists = samples.map((sample) => scored(sample));
      const together = objective(lists);
      const alone = lists.map((list) => objective([list]));
      expect(
        isNear(
          together.value,
          alone.reduce((sum, { value }) => sum + value / lists.length, 0),
          1e-12,
        ),
      ).toBe(true);
      together.grads.forEach((grad, i) => {
        grad.forEach((one, k) => {
          expect(isNear(one * lists.length, alone[i]!.grads[0]![k]!, 1e-12)).toBe(true);
        });
      });
    }),
  );
});

test('shares weigh lists, and a list of share 0 learns nothing', () => {
  const objective = makeObjective(parseLossMix('kl'));
  const [a, b]: Sample[] = [
    [Float64Array.of(0, 1), Float64Array.of(1, 0)],
    [Float64Array.of(2, 0), Float64Array.of(0, 3)],
  ];
  const { value, grads } = objective([scored(a!, { share: 3 }), scored(b!, { share: 1 })]);
  expect(value).toBeCloseTo(0.75 * losses.kl(...a!).value + 0.25 * losses.kl(...b!).value, 12);
  expect(grads[1]![0]).toBeCloseTo(0.25 * losses.kl(...b!).grad[0]!, 12);
  expect(objective([scored(a!, { share: 0 }), scored(b!)]).grads[0]).toEqual(new Float64Array(2));
  expect(objective([scored(a!, { share: 0 })])).toEqual({ value: 0, grads: [new Float64Array(2)] });
});

test('no lists have loss 0', () => {
  expect(makeObjective(parseLossMix('kl,wasserstein'))([])).toEqual({ value: 0, grads: [] });
});
