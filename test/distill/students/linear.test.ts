import fc from 'fast-check';
import { expect, test } from 'vitest';
import { randomStream } from '../../../src/core/random.js';
import { klDivergence } from '../../../src/distill/losses/kl-divergence.js';
import { fitLinear } from '../../../src/distill/students/linear.js';
import { weighRows } from '../../../src/distill/students/scorer.js';
import { fitStandardiser } from '../../../src/distill/students/standardise.js';
import { makeTargets } from '../../../src/distill/students/targets.js';
import { syntheticLists } from '../synthetic-lists.js';

/** Lists like a feature file's: mostly zeros, the last column always 2. */
function sparseLists(count: number, rows: number, width: number, seed: number) {
  return Array.from({ length: count }, (_, list) => {
    const random = randomStream(seed, list);
    const data = Float64Array.from({ length: rows * width }, (_, cell) =>
      (cell + 1) % width === 0
        ? 2
        : random.next() < 0.6
          ? 0
          : random.normal() * 10 ** (((cell % width) % 5) - 2),
    );
    const labels = Float64Array.from({ length: rows }, () => random.int(4));
    const names = Array.from({ length: width }, (_, k) => `f${k}`);
    return { queryId: `q${list}`, features: { names, rows, data }, labels };
  });
}

test('ends at the least of KL and ridge, also with more features than rows; a constant one keeps its prior', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer(),
      fc.constantFrom(2, 7, 30),
      fc.constantFrom(0.01, 0.1, 3),
      async (seed, columns, ridge) => {
        const lists = sparseLists(4, 5, columns, seed);
        const prior = Array.from({ length: columns }, (_, k) => (k === 0 ? 0.5 : k === columns - 1 ? 4 : 0));
        const targets = makeTargets(lists, 'grades');
        const { weights } = await fitLinear(lists, targets, { ridge }, prior, { seed: 1 });
        expect(weights.at(-1)).toBe(4);
        const { scale } = fitStandardiser(lists, columns);
        const valueAt = (moved: readonly number[]): number =>
          lists.reduce(
            (sum, { features: { data, rows } }, list) =>
              sum +
              klDivergence(weighRows(moved, data, rows, columns), targets.logits[list]!).value / lists.length,
            0,
          ) +
          (ridge / 2) *
            moved.reduce(
              (sum, weight, k) => sum + (scale[k]! > 0 ? ((weight - prior[k]!) / scale[k]!) ** 2 : 0),
              0,
            );
        const least = valueAt(weights);
        const random = randomStream(seed, 'aside');
        for (let k = 0; k < 2 * columns; k++) {
          const aside = weights.map((weight, i) => weight + 1e-3 * random.normal() * scale[i]!);
          expect(valueAt(aside)).toBeGreaterThanOrEqual(least);
        }
      },
    ),
    { numRuns: 30 },
  );
});

test('a constant feature counts in losses that are not the same for all scores moved alike', async () => {
  const lists = syntheticLists(12);
  const targets = makeTargets(lists, 'scores');
  const settings = { ridge: 0.03, loss: 'mse' };
  const fitWith = (constant: number) =>
    fitLinear(lists, targets, settings, [1, 0.5, 0, 0, constant], { seed: 1 });
  const [without, far] = [await fitWith(0), await fitWith(5)];
  expect(far.weights[4]).toBe(5);
  // Scores 15 too high leave errors that features cannot mend, so the weights come out otherwise.
  expect(far.weights.slice(0, 4)).not.toEqual(without.weights.slice(0, 4));
  expect(without.weights[2]).toBeGreaterThan(0.3);
});
