import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Example, ExamplePassage } from '../../../src/core/example.js';
import type { Grade } from '../../../src/core/judgement.js';
import { randomStream, shuffle } from '../../../src/core/random.js';
import { lengthBias } from '../../../src/generate/graded/length-bias.js';
import { writeGraded } from '../../../src/generate/graded/write-graded-passages.js';
import { asked, writerModel } from '../../fixtures/writer-model.js';

const written = (grade: Grade, words: number): ExamplePassage => ({
  passage: { id: `p${grade}-${words}`, text: Array(words).fill('word').join(' ') },
  grade,
  kind: grade >= 2 ? 'positive' : 'hard-negative',
  origin: `generated:${grade}`,
});
const example = (lengths: readonly number[]): Pick<Example, 'passages'> => ({
  passages: lengths.map((words, grade) => written(grade as Grade, words)),
});

test('a run in which better passages are longer is found out, and one in which they are shorter', () => {
  const runs = Array.from({ length: 20 }, () => example([30, 45, 60, 75]));
  expect(lengthBias(runs)).toMatchObject({ auc: 1, correlation: 1, p: 0.001, separates: true, pairs: 120 });
  expect(lengthBias(runs).words).toEqual({ 0: 30, 1: 45, 2: 60, 3: 75 });
  expect(
    lengthBias(
      runs.map(({ passages }) => ({
        passages: passages.map((one) => ({ ...one, grade: (3 - one.grade) as Grade })),
      })),
    ),
  ).toMatchObject({ auc: 0, correlation: -1, separates: true });
});

test('lengths dealt by chance are not held against a run, one in a hundred aside', () => {
  const found = Array.from({ length: 100 }, (_, run) => {
    const random = randomStream(run, 'lengths');
    const runs = Array.from({ length: 20 }, () => example(shuffle([30, 45, 60, 75], random)));
    return lengthBias(runs, { permutations: 199, tolerance: 0 });
  });
  expect(found.filter(({ separates }) => separates).length).toBeLessThanOrEqual(4);
  // p is uniform under chance: its mean over 100 runs has a standard error of .03.
  expect(found.reduce((sum, { p }) => sum + p, 0) / 100).toBeGreaterThan(0.4);
});

test('queries whose passages are all long prove nothing', () => {
  const runs = Array.from({ length: 30 }, (_, i) => ({
    passages: [written(i % 2 ? 3 : 0, i % 2 ? 90 : 20), written(i % 2 ? 3 : 0, i % 2 ? 95 : 25)],
  }));
  expect(lengthBias(runs)).toMatchObject({ queries: 0, pairs: 0, auc: 0.5 });
  expect(lengthBias(runs).separates).toBeUndefined();
});

test('passages of the corpus count only where all are asked for', () => {
  const corpus: ExamplePassage = { ...written(3, 200), origin: 'corpus' };
  const runs = Array.from({ length: 20 }, () => ({ passages: [corpus, written(0, 20)] }));
  expect(lengthBias(runs).pairs).toBe(0);
  expect(lengthBias(runs, { of: 'all' })).toMatchObject({ auc: 1, separates: true });
});

test('written negatives are held against the positives that they were to be as long as', () => {
  const negative: ExamplePassage = { ...written(0, 20), origin: 'generated:negative' };
  const found: ExamplePassage = { ...written(0, 300), origin: 'mined:bm25' };
  const runs = (words: number) =>
    Array.from({ length: 10 }, () => ({
      passages: [{ ...written(3, words), origin: 'corpus' as const }, negative, negative, found],
    }));
  expect(lengthBias(runs(80))).toMatchObject({ queries: 10, pairs: 20, auc: 1, separates: true });
  expect(lengthBias(runs(20))).toMatchObject({ queries: 10, pairs: 20, auc: 0.5, separates: false });
});

test('a few queries are too few to tell, and five that all say the same are not', () => {
  const runs = (count: number) => Array.from({ length: count }, () => example([30, 45, 60, 75]));
  expect(lengthBias(runs(4)).separates).toBeUndefined();
  expect(lengthBias(runs(5)).separates).toBe(true);
});

test('an auc is a share, and turning the grades around turns it around', () => {
  const lists = fc.array(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 4, maxLength: 4 }), {
    maxLength: 6,
  });
  fc.assert(
    fc.property(lists, (all) => {
      const runs = all.map(example);
      const { auc, p } = lengthBias(runs, { permutations: 19 });
      expect(auc).toBeGreaterThanOrEqual(0);
      expect(auc).toBeLessThanOrEqual(1);
      expect(p).toBeGreaterThan(0);
      const turned = runs.map(({ passages }) => ({
        passages: passages.map((one) => ({ ...one, grade: (3 - one.grade) as Grade })),
      }));
      expect(lengthBias(turned, { permutations: 19 }).auc).toBeCloseTo(1 - auc, 10);
    }),
  );
});

/** Writes as many words as it is asked for, or the same for each level whatever it is asked for. */
async function written40(obeys: boolean) {
  const length = { full: 70, partial: 60, related: 45, unrelated: 30 };
  const writer = writerModel({
    write: (request) =>
      JSON.stringify(
        Object.fromEntries(
          Object.entries(length).map(([level, own], at) => {
            const wanted = Number(new RegExp(`"${level}", about (\\d+) words`).exec(asked(request))![1]);
            const words = Array.from({ length: obeys ? wanted : own }, (_, i) => `${'abcd'[at]}${i}`);
            return [level, words.join(' ')];
          }),
        ),
      ),
  });
  const sets = [];
  for (let i = 0; i < 40; i++) {
    const query = { id: `q${i}`, text: 'how to bake bread at home' };
    const { passages } = await writeGraded({ query }, { model: writer.model, seed: 7 });
    sets.push({
      passages: passages.map(({ passage, level }) => ({ ...written(level, 1), passage })),
    });
  }
  return lengthBias(sets);
}

test('a writer that keeps to the lengths it is given passes, one that writes more about more does not', async () => {
  expect((await written40(true)).separates).toBe(false);
  expect(await written40(false)).toMatchObject({ auc: 1, separates: true });
});
