import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  chooseStudent,
  makeFrontier,
  onFrontier,
  type StudentPoint,
} from '../../../src/distill/auto/frontier.js';

const point = (
  name: string,
  heldOut: number,
  milliseconds: number,
  more: Partial<StudentPoint> = {},
): StudentPoint => ({
  name,
  quality: { mean: heldOut },
  heldOut,
  milliseconds,
  ...more,
});

test('what is slower and no better is not on the frontier', () => {
  const points = [point('fast', 0.5, 1), point('waste', 0.5, 2), point('bad', 0.4, 3), point('best', 0.7, 9)];
  expect(onFrontier(points)).toEqual([true, false, false, true]);
});

test('the frontier rises with time, holds the best and the fastest, and every other point is beaten by one on it', () => {
  const value = fc.integer({ min: 0, max: 8 });
  fc.assert(
    fc.property(fc.array(fc.tuple(value, value), { minLength: 1, maxLength: 12 }), (pairs) => {
      const points = pairs.map(([quality, ms], i) => point(String(i), quality, ms));
      const front = points
        .filter((_, i) => onFrontier(points)[i])
        .sort((a, b) => a.milliseconds - b.milliseconds);
      for (const [i, one] of front.entries()) {
        if (i > 0) expect(one.quality.mean).toBeGreaterThan(front[i - 1]!.quality.mean);
      }
      for (const one of points) {
        expect(
          front.some((top) => top.quality.mean >= one.quality.mean && top.milliseconds <= one.milliseconds),
        ).toBe(true);
      }
    }),
  );
});

describe('the choice', () => {
  test('the best on held-out training queries, whatever the gate measured', () => {
    const points = [
      point('a', 0.6, 1, { quality: { mean: 0.9 } }),
      point('b', 0.7, 2, { quality: { mean: 0.1 } }),
    ];
    expect(chooseStudent(points).index).toBe(1);
  });

  test('one that passed goes before a better one that did not', () => {
    const points = [point('a', 0.6, 1, { passed: true }), point('b', 0.7, 2, { passed: false })];
    expect(chooseStudent(points)).toEqual({
      index: 0,
      reason: expect.stringMatching(/1 student that passed/),
    });
    const none = points.map((one) => ({ ...one, passed: false }));
    expect(chooseStudent(none)).toEqual({ index: 1, reason: expect.stringMatching(/none of which passed/) });
  });

  test('the latency budget counts at the 95th percentile', () => {
    const points = [point('a', 0.6, 1, { p95: 1.5 }), point('b', 0.7, 2, { p95: 9 })];
    expect(chooseStudent(points, { budgetMs: 3 }).index).toBe(0);
    expect(chooseStudent(points, { budgetMs: 9 }).index).toBe(1);
    expect(chooseStudent(points, { budgetMs: 1 })).toEqual({
      reason: expect.stringMatching(/fastest, a, takes 1.50 ms/),
    });
  });

  test('of equals the faster', () => {
    expect(chooseStudent([point('a', 0.6, 2), point('b', 0.6, 1)]).index).toBe(1);
  });

  describe('with the queries held out', () => {
    const values = (...own: number[]) => new Map(own.map((value, i) => [`q${i}`, value] as const));
    const points = [point('mlp', 0.7, 3), point('linear', 0.69, 1), point('lambdamart', 0.5, 2)];
    const noisy = [values(0.9, 0.5, 0.9, 0.5), values(0.4, 0.96, 0.4, 1), values(0.5, 0.5, 0.5, 0.5)];

    test('the simplest that is within one standard error of the best', () => {
      expect(chooseStudent(points, { heldOut: noisy })).toEqual({
        index: 1,
        reason: expect.stringMatching(/^linear is the simplest .* one standard error .*, mlp$/),
      });
      expect(chooseStudent(points).index).toBe(0);
    });

    test('the best where it is better by more', () => {
      const sure = [values(0.7, 0.71, 0.69, 0.7), values(0.69, 0.7, 0.68, 0.69), values(0.5, 0.5, 0.5, 0.5)];
      expect(chooseStudent(points, { heldOut: sure })).toEqual({
        index: 0,
        reason: expect.stringMatching(/^mlp is the best/),
      });
    });

    test('only of those that passed, and of equals the simplest', () => {
      const gated = points.map((one) => ({ ...one, passed: one.name !== 'linear' }));
      expect(chooseStudent(gated, { heldOut: [noisy[0]!, noisy[0]!, noisy[0]!] }).index).toBe(2);
    });

    test('queries that only one of them has say nothing', () => {
      const apart = [values(0.7, 0.7), new Map([['x', 0.7]]), values(0.1, 0.1)];
      expect(chooseStudent(points, { heldOut: apart }).index).toBe(0);
    });
  });

  test('of none, none', () => {
    expect(chooseStudent([])).toEqual({ reason: 'no student was finished' });
  });
});

test('points are in order of their time, and one is chosen', () => {
  const { points, budgetMs } = makeFrontier([point('slow', 0.7, 5), point('fast', 0.5, 1)], {
    measure: 'nDCG@10',
    unfinished: [],
  });
  expect(points.map(({ name, chosen, onFrontier: front }) => [name, chosen, front])).toEqual([
    ['fast', false, true],
    ['slow', true, true],
  ]);
  expect(budgetMs).toBeUndefined();
});
