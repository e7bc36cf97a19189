import { expect, test } from 'vitest';
import { fitComparatorNoise } from '../../../src/evaluate/tune/comparator-noise.js';

/** A hundred queries of two passages, of which so many are in the right order. */
const pairs = (right: number, grade: number) => {
  const ids = Array.from({ length: 100 }, (_, index) => `q${index}`);
  const order = (index: number) => (index < right ? ['better', 'worse'] : ['worse', 'better']);
  return {
    run: new Map(ids.map((id, index) => [id, order(index).map((one, rank) => ({ id: one, score: -rank }))])),
    qrels: new Map(ids.map((id) => [id, new Map([['better', grade]])])),
  };
};

// Φ(1) = .8413, so 84.13 % of pairs in the right order are Δ = sd √2.
test.each([1, 3, 100, 2000])('finds the deviation in grades, where they differ by %i', (grade) => {
  const { run, qrels } = pairs(84, grade);
  expect(fitComparatorNoise(run, qrels).sd / Math.min(grade / Math.SQRT2, 100)).toBeCloseTo(1, 1);
});

test('no pair in the wrong order is hardly an error, and half of them are chance', () => {
  const sure = pairs(100, 1);
  expect(fitComparatorNoise(sure.run, sure.qrels).sd).toBeLessThan(0.5);
  const guessed = pairs(50, 1);
  expect(fitComparatorNoise(guessed.run, guessed.qrels).sd).toBeGreaterThan(90);
});
