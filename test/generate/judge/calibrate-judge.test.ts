import { expect, test } from 'vitest';
import { randomStream } from '../../../src/core/random.js';
import {
  type CalibrationPair,
  calibratedJudge,
  calibrateJudge,
} from '../../../src/generate/judge/calibrate-judge.js';

/** A judge whose scores rise with people's grades on a scale of its own. */
function pairsOf(queries: number, scoreOf: (grade: number, noise: number) => number): CalibrationPair[] {
  const random = randomStream(7, 'calibrate-judge-test');
  return Array.from({ length: queries * 10 }, (_, index) => {
    const grade = random.int(4);
    return { queryId: `q${index % queries}`, grade, score: scoreOf(grade, random.normal()) };
  });
}
const clip = (value: number) => Math.min(1, Math.max(0, value));
const mild = pairsOf(30, (grade, noise) => clip(0.6 + 0.12 * grade + 0.04 * noise));

test('a judge on another scale is brought to people’s, also on queries that no fit has seen', () => {
  const { before, after, crossFitted } = calibrateJudge(mild, { seed: 1 });
  expect(before.bias).toBeGreaterThan(0.7);
  expect(Math.abs(after.bias)).toBeLessThan(0.05);
  expect(after.error).toBeLessThan(before.error / 2);
  expect(crossFitted).toHaveLength(mild.length);
});

test('a pair’s own query has no say in its grade', () => {
  const odd = [...mild, { queryId: 'odd', score: 0.1, grade: 3 }];
  const { crossFitted, points } = calibrateJudge(odd, { seed: 1 });
  // All others of that score are 0: the fit of the rest says so, though the whole fit has seen a 3 there.
  expect(crossFitted.at(-1)).toBeLessThan(0.5);
  expect(points.probabilities[0]).toBeGreaterThan(0);
});

test('where the judge only guesses, the calibrated grade is about the mean, and the error no larger', () => {
  const random = randomStream(3);
  const { before, after } = calibrateJudge(
    pairsOf(40, () => random.next()),
    { seed: 1 },
  );
  expect(after.error).toBeLessThan(before.error);
  expect(after.error).toBeLessThan(1.25);
});

test('one query is too little', () => {
  expect(() =>
    calibrateJudge(
      mild.filter(({ queryId }) => queryId === 'q1'),
      { seed: 1 },
    ),
  ).toThrow(expect.objectContaining({ code: 'too-little-data' }));
});

test('a calibrated judge gives grades on people’s scale, and none where it had none', async () => {
  const { points } = calibrateJudge(mild, { seed: 1 });
  const [query, passage] = [
    { id: 'q', text: 'q' },
    { id: 'p', text: 'p' },
  ];
  const judge = (score: number | undefined) =>
    calibratedJudge(
      async () => ({
        grade: score === undefined ? undefined : 3,
        score,
        shares: [0, 0, 0, 1],
        ledgerKeys: ['k'],
      }),
      points,
    )(query, passage);
  expect((await judge(0.6)).grade).toBe(0);
  expect((await judge(0.96)).grade).toBe(3);
  expect(await judge(0.72)).toEqual({ grade: 1, score: expect.closeTo(1 / 3, 1), ledgerKeys: ['k'] });
  expect(await judge(undefined)).toMatchObject({ grade: undefined, score: undefined });
});
