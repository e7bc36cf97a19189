import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { randomStream } from '../../../src/core/random.js';
import { type CalibrationList, calibrate, probabilityOf } from '../../../src/rerank/calibration/calibrate.js';
import { fitIsotonic } from '../../../src/rerank/calibration/isotonic.js';
import { fitPlatt } from '../../../src/rerank/calibration/platt.js';
import { expectedCalibrationError } from '../../../src/rerank/calibration/reliability.js';

/** Relevance drawn with the probability that `truth` gives each score. */
const draw = (truth: (score: number) => number): CalibrationList[] =>
  Array.from({ length: 60 }, (_, q) => {
    const random = randomStream(5, 'calibration', q);
    const scores = Array.from({ length: 20 }, () => 6 * random.next() - 3);
    return { queryId: `q${q}`, scores, relevant: scores.map((s) => random.next() < truth(s)) };
  });

test('Platt recovers a logistic truth', () => {
  const lists = draw((s) => 1 / (1 + Math.exp(-(1.5 * s - 1))));
  const { calibrator, error } = calibrate(lists, { seed: 1 });
  expect(probabilityOf(calibrator, 0)).toBeCloseTo(1 / (1 + Math.E), 1);
  expect(probabilityOf(calibrator, 2)).toBeCloseTo(1 / (1 + Math.exp(-2)), 1);
  expect(error).toBeLessThan(0.05);
});

test('isotonic wins where the truth is a step', () => {
  const { calibrator, logLoss } = calibrate(
    draw((s) => (s < 0 ? 0.05 : 0.5)),
    { seed: 1 },
  );
  expect(calibrator.method).toBe('isotonic');
  expect(logLoss.isotonic).toBeLessThan(logLoss.platt);
  expect(probabilityOf(calibrator, 1.5)).toBeCloseTo(0.5, 1);
});

test('isotonic regression pools violators, worked out by hand', () => {
  expect(fitIsotonic([1, 2, 3, 4], [false, true, false, true])).toEqual({
    method: 'isotonic',
    scores: [1, 2, 3, 4],
    probabilities: [0, 0.5, 0.5, 1],
  });
});

test('Platt on separable data stays finite, and with falling relevance becomes the share', () => {
  const { slope } = fitPlatt([-1, -2, 1, 2], [false, false, true, true]);
  expect(slope).toBeLessThan(0);
  expect(Number.isFinite(slope)).toBe(true);
  const turned = fitPlatt([1, 2, 3, 4, 5, 6], [true, true, true, false, false, false]);
  expect(probabilityOf(turned, 100)).toBeCloseTo(0.5, 9);
});

test('probabilities are in [0, 1] and never fall with the score', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.double({ min: -1e3, max: 1e3, noNaN: true }), fc.boolean()), {
        minLength: 2,
        maxLength: 40,
      }),
      (pairs) => {
        for (const method of [fitPlatt, fitIsotonic]) {
          const calibrator = method(
            pairs.map(([s]) => s),
            pairs.map(([, r]) => r),
          );
          const values = [-2e3, ...pairs.map(([s]) => s), 2e3]
            .sort((a, b) => a - b)
            .map((s) => probabilityOf(calibrator, s));
          for (const [i, p] of values.entries()) {
            expect(p >= 0 && p <= 1).toBe(true);
            if (i > 0) expect(p).toBeGreaterThanOrEqual(values[i - 1]! - 1e-12);
          }
        }
      },
    ),
  );
});

describe('bad input', () => {
  const one = { queryId: 'q', scores: [1, 2], relevant: [true, false] };
  test.each([
    ['too few queries', [one]],
    ['nothing relevant', Array.from({ length: 6 }, () => ({ ...one, relevant: [false, false] }))],
    ['all relevant', Array.from({ length: 6 }, () => ({ ...one, relevant: [true, true] }))],
  ])('%s', (_, lists) => {
    expect(() => calibrate(lists, { seed: 1 })).toThrow(expect.objectContaining({ code: 'too-little-data' }));
  });
});

test('expected calibration error by hand', () => {
  expect(
    expectedCalibrationError([
      [0.9, true],
      [0.9, false],
      [0.1, false],
      [0.1, false],
    ]),
  ).toBeCloseTo(0.25, 12);
});
