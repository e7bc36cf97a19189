import { expect, test } from 'vitest';
import { randomStream } from '../../../src/core/random.js';
import { precisionThreshold } from '../../../src/distill/calibration/precision-threshold.js';
import type { HeldOutList } from '../../../src/rerank/calibration/calibrate.js';

/** Probabilities uniform from 0 to 1, each right; `alike` moves all passages of a query together. */
const draw = (seed: number, queries: number, alike = 0): HeldOutList[] =>
  Array.from({ length: queries }, (_, q) => {
    const random = randomStream(seed, 'lists', q);
    const own = alike * random.normal();
    const probabilities = Array.from({ length: 25 }, () => random.next());
    return {
      queryId: `q${q}`,
      probabilities,
      relevant: probabilities.map((p) => random.next() < 1 / (1 + Math.exp(-Math.log(p / (1 - p)) - own))),
    };
  });

/** Share relevant from a probability on, among so many that it is no longer chance. */
const truth = (alike: number) => {
  const pairs = draw(999, 6000, alike).flatMap(({ probabilities, relevant }) =>
    probabilities.map((p, i) => ({ p, yes: relevant[i]! })),
  );
  return (from: number): number => {
    const shown = pairs.filter(({ p }) => p >= from);
    return shown.filter(({ yes }) => yes).length / shown.length;
  };
};

test('a uniform, right probability: the share from p on is (1 + p) / 2', () => {
  const found = precisionThreshold(draw(1, 2000), 0.8, { seed: 1 });
  expect(found.probability).toBeCloseTo(0.6, 1);
  expect(found.precision).toBeCloseTo(0.8, 1);
  expect(found.low).toBeLessThan(0.8);
  expect(found.high).toBeGreaterThan(0.8);
  // (1 − 0.6²) of what is relevant lies above.
  expect(found.recall).toBeCloseTo(0.64, 1);
});

test.each([0, 1])('the interval holds the true precision of what is shown, queries alike by %d', (alike) => {
  const precisionFrom = truth(alike);
  const repeats = 120;
  let held = 0;
  for (let seed = 0; seed < repeats; seed++) {
    const { probability, low, high } = precisionThreshold(draw(seed, 40, alike), 0.8, { seed });
    const real = precisionFrom(probability!);
    if (low <= real && real <= high) held++;
  }
  expect(held / repeats).toBeGreaterThan(0.9);
});

test('where nothing is precise enough there is no threshold', () => {
  const lists = draw(1, 10).map((list) => ({ ...list, relevant: list.relevant.map(() => false) }));
  const found = precisionThreshold(lists, 0.5, { seed: 1 });
  expect(found).toEqual({ wanted: 0.5, precision: 0, low: 0, high: 1, recall: 0, shown: 0 });
});

test('passages of equal probability are shown together', () => {
  const lists = Array.from({ length: 10 }, (_, q) => ({
    queryId: `q${q}`,
    probabilities: [0.7, 0.7, 0.1],
    relevant: [true, false, false],
  }));
  expect(precisionThreshold(lists, 0.9, { seed: 1 }).probability).toBeUndefined();
  expect(precisionThreshold(lists, 0.5, { seed: 1 })).toMatchObject({
    probability: 0.7,
    precision: 0.5,
    shown: 20,
  });
});
