import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createSmoother } from '../../../src/distill/features/smooth-scores.js';

const smoothScores = (scores: readonly number[], vectors: readonly Float32Array[]) =>
  createSmoother(vectors)(scores);
const at = (angle: number): Float32Array => Float32Array.of(Math.cos(angle), Math.sin(angle));

describe('smoothed scores', () => {
  // scikit-learn 1.9: GaussianProcessRegressor(RBF(sqrt(1 / 6)), alpha=0.3, optimizer=None).fit(x, s).predict(x)
  test('are the mean of a Gaussian process, as scikit-learn gives it', () => {
    const scores = smoothScores([1, -0.5, 2, -1, 0.25], [0, 0.2, 0.3, 1.2, 2.5].map(at));
    [0.605144, 0.762305, 0.806925, -0.728823, 0.189762].forEach((value, i) => {
      expect(scores[i]).toBeCloseTo(value, 5);
    });
  });

  test('equal passages with unequal scores get one score', () => {
    const [a, b] = smoothScores([2, 0, -1], [at(0), at(0), at(2)]);
    expect(a).toBeCloseTo(b!, 9);
  });

  test('a lone passage falls and one beside good ones rises', () => {
    const [good, , lone] = smoothScores([2, 2, 2], [at(0), at(0.05), at(2)]);
    expect(lone).toBeLessThan(good! - 0.1);
    const [, beside, alone] = smoothScores([2, 1, 1], [at(0), at(0.05), at(3)]);
    expect(beside).toBeGreaterThan(alone! + 0.1);
  });

  test('follow the order of the candidates and the scale of the scores', () => {
    const list = fc.array(
      fc.record({
        score: fc.double({ min: -3, max: 3, noNaN: true }),
        angle: fc.double({ min: 0, max: 6, noNaN: true }),
      }),
      { minLength: 1, maxLength: 30 },
    );
    fc.assert(
      fc.property(list, (items) => {
        const run = (of: typeof items, factor = 1) =>
          smoothScores(
            of.map(({ score }) => factor * score),
            of.map(({ angle }) => at(angle)),
          );
        const scores = run(items);
        const turned = run(items.toReversed()).reverse();
        const doubled = run(items, 2);
        scores.forEach((value, i) => {
          expect(turned[i]).toBeCloseTo(value, 6);
          expect(doubled[i]).toBeCloseTo(2 * value, 6);
        });
      }),
    );
  });

  test('of no passage, of one and of scores that are all 0', () => {
    expect(smoothScores([], [])).toEqual([]);
    expect(smoothScores([1.3], [at(0)])[0]).toBeCloseTo(1, 12);
    expect(smoothScores([0, 0], [at(0), at(1)])).toEqual([0, 0]);
  });
});
