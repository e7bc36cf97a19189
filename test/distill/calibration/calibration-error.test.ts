import { expect, test } from 'vitest';
import { randomStream } from '../../../src/core/random.js';
import { calibrationError } from '../../../src/distill/calibration/calibration-error.js';
import type { HeldOutList } from '../../../src/rerank/calibration/calibrate.js';

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const logit = (p: number): number => Math.log(p / (1 - p));

/** Queries whose passages are relevant with the probability that `truth` gives the one foretold. */
const draw = (seed: number, queries: number, truth: (p: number) => number): HeldOutList[] =>
  Array.from({ length: queries }, (_, q) => {
    const random = randomStream(seed, 'lists', q);
    const probabilities = Array.from({ length: 30 }, () => sigmoid(1.5 * random.normal() - 1));
    return { queryId: `q${q}`, probabilities, relevant: probabilities.map((p) => random.next() < truth(p)) };
  });

test.each([
  ['right', (p: number) => p],
  ['a little too low', (p: number) => sigmoid(logit(p) + 0.25)],
  ['too sure', (p: number) => sigmoid(0.6 * logit(p))],
])(
  'the interval holds the true error at least as often as it says where probabilities are %s',
  (_, truth) => {
    const true_ = calibrationError(draw(999, 4000, truth), { seed: 1, samples: 2 })!.plain;
    const repeats = 150;
    let held = 0;
    let plainAbove = 0;
    let [value, plain] = [0, 0];
    for (let seed = 0; seed < repeats; seed++) {
      const error = calibrationError(draw(seed, 30, truth), { seed, samples: 300 })!;
      if (error.low <= true_ && true_ <= error.high) held++;
      if (error.plain > true_) plainAbove++;
      value += error.value / repeats;
      plain += error.plain / repeats;
    }
    // 150 draws of 95 % fall below 90 % once in two hundred times.
    expect(held / repeats).toBeGreaterThan(0.9);
    // The plain figure is too high on average, and the other one nearer.
    expect(plainAbove / repeats).toBeGreaterThan(0.5);
    expect(Math.abs(value - true_)).toBeLessThan(Math.abs(plain - true_));
  },
);

test('worked out by hand: two bins of equally many, and equal probabilities in one bin', () => {
  const lists = [
    { queryId: 'a', probabilities: [0.1, 0.9], relevant: [false, false] },
    { queryId: 'b', probabilities: [0.2, 0.8], relevant: [true, true] },
  ];
  // Below: 0.15 foretold, one of two; above: 0.85 foretold, one of two.
  expect(calibrationError(lists, { seed: 1, bins: 2 })).toMatchObject({
    plain: expect.closeTo(0.35, 12),
    bins: 2,
  });
  const equal = lists.map((list) => ({ ...list, probabilities: [0.5, 0.5] }));
  expect(calibrationError(equal, { seed: 1 })).toMatchObject({ plain: 0, bins: 2 });
});

test('one query has no interval', () => {
  expect(
    calibrationError(
      draw(1, 1, (p) => p),
      { seed: 1 },
    ),
  ).toBeUndefined();
  expect(calibrationError([], { seed: 1 })).toBeUndefined();
});
