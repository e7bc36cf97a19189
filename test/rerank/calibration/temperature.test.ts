import { expect, test } from 'vitest';
import { randomStream } from '../../../src/core/random.js';
import { calibrate, probabilityOf } from '../../../src/rerank/calibration/calibrate.js';
import { fitTemperature } from '../../../src/rerank/calibration/temperature.js';

const lists = (temperature: number, count: number, seed = 3) =>
  Array.from({ length: count }, (_, q) => {
    const random = randomStream(seed, 'temperature', q);
    const scores = Array.from({ length: 20 }, () => 4 * random.normal());
    return {
      queryId: `q${q}`,
      scores,
      relevant: scores.map((s) => random.next() < 1 / (1 + Math.exp(-s / temperature))),
    };
  });

test.each([0.5, 1, 3])('log-odds that are too sure by %d are found out', (temperature) => {
  const data = lists(temperature, 400);
  const fitted = fitTemperature(
    data.flatMap(({ scores }) => scores),
    data.flatMap(({ relevant }) => relevant),
  );
  expect(fitted.temperature / temperature).toBeCloseTo(1, 1);
});

test('it is the least of its loss: a little more or less is worse', () => {
  const [{ scores, relevant }] = lists(2, 1) as [ReturnType<typeof lists>[number]];
  const positives = relevant.filter(Boolean).length;
  const [high, low] = [(positives + 1) / (positives + 2), 1 / (relevant.length - positives + 2)];
  const loss = (t: number): number =>
    scores.reduce((sum, s, i) => {
      const target = relevant[i] ? high : low;
      return sum + Math.log1p(Math.exp(s / t)) - (target * s) / t;
    }, 0);
  const { temperature } = fitTemperature(scores, relevant);
  for (const factor of [0.99, 1.01]) expect(loss(temperature * factor)).toBeGreaterThan(loss(temperature));
});

test('scores that tell nothing, or the reverse, become one half; separable ones stay finite', () => {
  expect(probabilityOf(fitTemperature([-1, 1], [true, false]), 5)).toBeCloseTo(0.5, 4);
  expect(probabilityOf(fitTemperature([0, 0], [true, false]), 0)).toBe(0.5);
  expect(fitTemperature([-1, 1], [false, true]).temperature).toBeCloseTo(1 / Math.log(2), 9);
});

test('it is chosen where scores are log-odds and queries few', () => {
  const { calibrator, logLoss } = calibrate(lists(2, 8, 5), { seed: 1 });
  expect(calibrator.method).toBe('temperature');
  expect(logLoss.temperature).toBeLessThan(Math.min(logLoss.platt, logLoss.isotonic));
});
