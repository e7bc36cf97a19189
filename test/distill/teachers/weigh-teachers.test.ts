import { expect, test } from 'vitest';
import { randomStream } from '../../../src/core/random.js';
import type { Qrels } from '../../../src/core/run.js';
import { zScores } from '../../../src/core/vectors.js';
import { weighTeachers } from '../../../src/distill/teachers/weigh-teachers.js';

/** Teachers that see the grade with a given strength, and nothing else. */
function simulate(count: number, strengths: Readonly<Record<string, number>>) {
  const candidates = new Map<string, string[]>();
  const qrels = new Map<string, Map<string, number>>();
  const teachers = Object.fromEntries(
    Object.keys(strengths).map((name) => [name, new Map<string, number[]>()]),
  );
  for (let q = 0; q < count; q++) {
    const random = randomStream(5, 'judged', q);
    const ids = Array.from({ length: 20 }, (_, i) => `p${i}`);
    const grades = ids.map(() => (random.next() < 0.2 ? 1 + Math.floor(random.next() * 3) : 0));
    candidates.set(`q${q}`, ids);
    qrels.set(`q${q}`, new Map(ids.map((id, i) => [id, grades[i]!])));
    for (const [name, strength] of Object.entries(strengths))
      teachers[name]!.set(`q${q}`, zScores(grades.map((grade) => strength * grade + random.normal())));
  }
  return { candidates, qrels: qrels as Qrels, teachers, seed: 7 };
}

test('a teacher that agrees with the judgements counts more, one that does not hardly, and the mean is 1', () => {
  const { weights, fitted, reason } = weighTeachers(simulate(60, { good: 1.5, fair: 0.6, noise: 0 }));
  expect(fitted).toBe(true);
  expect(weights.good!).toBeGreaterThan(1.5 * weights.fair!);
  expect(weights.noise!).toBeLessThan(0.3);
  expect((weights.good! + weights.fair! + weights.noise!) / 3).toBeCloseTo(1, 9);
  expect(reason).toMatch(/fitted on \d\d judged queries/);
});

test.each([
  ['alike teachers', simulate(60, { a: 1, b: 1 }), /no teacher clearly better/],
  ['too few judged queries', simulate(7, { a: 2, b: 0 }), /7 judged queries are too few/],
  ['one teacher', simulate(60, { a: 1 }), /one teacher/],
  [
    'no fit asked for',
    { ...simulate(60, { a: 2, b: 0 }), qrels: undefined },
    /^equal weights: that is the setting$/,
  ],
  ['no judgements', { ...simulate(60, { a: 2, b: 0 }), qrels: new Map() }, /0 judged queries are too few/],
])('%s count alike, and it is said why', (_what, data, reason) => {
  const result = weighTeachers(data);
  expect(Object.values(result.weights).every((weight) => weight === 1)).toBe(true);
  expect(result).toMatchObject({ fitted: false, reason: expect.stringMatching(reason) });
});

test('opposed teachers never get a weight below 0', () => {
  const { weights } = weighTeachers(simulate(40, { good: 1.5, wrong: -1.5 }));
  expect(weights.wrong).toBe(0);
});
