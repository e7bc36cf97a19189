import fc from 'fast-check';
import { expect, test } from 'vitest';
import { randomStream } from '../../../src/core/random.js';
import { clusterFolds } from '../../../src/distill/splits/cluster-folds.js';
import { extrapolate } from '../../../src/distill/splits/extrapolate.js';
import { createLexicalVectors, meanVector } from '../../../src/distill/splits/lexical-vector.js';
import { partJudged } from '../../../src/distill/splits/part-judged.js';
import { createAnalyser } from '../../../src/retrieval/analyser.js';
import { termStatistics } from '../../../src/retrieval/bm25.js';
import { syntheticLists, syntheticSet } from '../synthetic-lists.js';

const subjects = {
  bread: 'bread dough yeast oven crust flour bake loaf rise knead'.split(' '),
  sea: 'sea tide wave harbour ship anchor gull salt reef sail'.split(' '),
  law: 'law court judge appeal statute tort lawyer verdict jury plea'.split(' '),
  stars: 'star comet orbit planet nebula moon telescope galaxy eclipse rocket'.split(' '),
};

/** Texts of five words of one subject each. */
const texts = Object.entries(subjects).flatMap(([subject, words], s) =>
  Array.from({ length: 8 }, (_, i) => {
    const random = randomStream(2, subject, i);
    return {
      id: `${s}-${i}`,
      subject,
      text: Array.from({ length: 6 }, () => words[random.int(10)]!).join(' '),
    };
  }),
);
const analyser = createAnalyser('english');
const vectors = createLexicalVectors(termStatistics(texts, analyser), analyser);
const queries = texts.map(({ id, text }) => ({ id, vector: vectors(text) }));

test('texts of one subject, told apart by their words alone, stay in one fold', async () => {
  const { folds, clusters } = await clusterFolds(queries, { seed: 1, folds: 4, clusters: 4 });
  expect(clusters).toBe(4);
  const foldsOf = (subject: string) =>
    folds.filter((fold) => texts.some((one) => one.subject === subject && fold.has(one.id))).length;
  expect(Object.keys(subjects).map(foldsOf)).toEqual([1, 1, 1, 1]);
});

test('every query is in one fold, whatever the order, and no fold is empty', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.shuffledSubarray(queries, { minLength: 1 }),
      fc.integer({ min: 2, max: 6 }),
      async (some, folds) => {
        const found = await clusterFolds(some, { seed: 3, folds });
        if (found.folds.length > 0)
          expect(found.folds.flatMap((fold) => [...fold]).sort()).toEqual(some.map(({ id }) => id).sort());
        expect(found.folds.every(({ size }) => size > 0)).toBe(true);
        expect(await clusterFolds(some.toReversed(), { seed: 3, folds })).toEqual(found);
      },
    ),
    { numRuns: 20 },
  );
});

test('queries that are all alike give no folds', async () => {
  const same = queries.map(({ id }) => ({ id, vector: queries[0]!.vector }));
  expect(await clusterFolds(same, { seed: 1 })).toEqual({ clusters: 1, folds: [] });
});

test('a text without terms, and vectors that cancel out, are zeros and no NaN', () => {
  expect(vectors('!?').every((value) => value === 0)).toBe(true);
  expect([...meanVector([Float32Array.of(1, 0), Float32Array.of(-1, 0)])]).toEqual([0, 0]);
  expect(meanVector([Float32Array.of(1, 0), Float32Array.of(0, 1)])[0]).toBeCloseTo(Math.SQRT1_2, 6);
});

test('a subject is scored by a student that has seen nothing of it', async () => {
  // The hidden feature counts the other way round in the second half.
  const lists = [
    ...syntheticLists(20, { hidden: 3, seed: 1 }),
    ...syntheticLists(20, { hidden: -3, seed: 2 }).map((list) => ({
      ...list,
      queryId: `other-${list.queryId}`,
    })),
  ];
  const halves = [lists.slice(0, 20), lists.slice(20)].map(
    (half) => new Set(half.map(({ queryId }) => queryId)),
  );
  const scores = await extrapolate(lists, lists, halves, {
    kind: 'linear',
    features: syntheticSet,
    labels: 'scores',
    seed: 1,
  });
  expect(scores.size).toBe(40);
  const slope = ({ features: { data, rows }, queryId }: (typeof lists)[number]): number =>
    scores.get(queryId)!.reduce((sum, score, row) => sum + score * data[row * 5 + 2]!, 0) / rows;
  // So each half is scored as the other would be.
  expect(lists.slice(0, 20).reduce((sum, list) => sum + slope(list), 0)).toBeLessThan(-5);
  expect(lists.slice(20).reduce((sum, list) => sum + slope(list), 0)).toBeGreaterThan(5);
});

test('judged queries are parted once there are enough, each in one part', () => {
  const ids = (count: number) => Array.from({ length: count }, (_, i) => `q${i}`);
  expect(partJudged(ids(29), 1)).toEqual({
    calibration: new Set(),
    gate: new Set(partJudged(ids(29), 1).gate),
  });
  expect(partJudged(ids(29), 1).gate.size).toBe(29);
  const { calibration, gate } = partJudged(ids(43), 1);
  expect([calibration.size, gate.size]).toEqual([14, 29]);
  expect([...calibration].some((id) => gate.has(id))).toBe(false);
  expect(partJudged(ids(43).toReversed(), 1)).toEqual({ calibration, gate });
});
