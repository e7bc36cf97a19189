import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { randomStream } from '../../../src/core/random.js';
import {
  type FilterThreshold,
  fitFilterThreshold,
  readFilterThreshold,
  writeFilterThreshold,
} from '../../../src/generate/negatives/filter-threshold.js';
import type { CalibrationList } from '../../../src/rerank/calibration/calibrate.js';

/** Candidates whose scores are normal, `apart` higher where they are relevant; log-odds are often below 0. */
function judgedLists(
  queries: number,
  seed: number,
  { apart = 2, rate = 0.2, shift = -3 } = {},
): CalibrationList[] {
  const random = randomStream(seed);
  return Array.from({ length: queries }, (_, i) => {
    const relevant = Array.from({ length: 12 }, () => random.next() < rate);
    const scores = relevant.map((yes) => shift + random.normal() + (yes ? apart : 0));
    return { queryId: `q${i}`, scores, relevant };
  });
}
const falseNegativeRate = (lists: readonly CalibrationList[], threshold: number): number => {
  const passed = lists.flatMap(({ scores, relevant }) => relevant.filter((_, i) => scores[i]! < threshold));
  return passed.filter(Boolean).length / passed.length;
};
const learn = (lists: readonly CalibrationList[], aim: FilterThreshold['aim']) =>
  fitFilterThreshold(lists, { of: 'a judge', aim, seed: 7 });

test.each([0.02, 0.05, 0.1])(
  'a wanted rate of %d is met on other queries in the mean, and the figures say so',
  (most) => {
    const unseen = judgedLists(3000, 999);
    const samples = Array.from({ length: 12 }, (_, seed) => {
      const { threshold, figures } = learn(judgedLists(200, seed), { by: 'false-negative-rate', most });
      return { truth: falseNegativeRate(unseen, threshold), figures };
    });
    const mean = (of: (sample: (typeof samples)[number]) => number): number =>
      samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length;
    expect(mean(({ truth }) => truth) / most).toBeGreaterThan(0.85);
    expect(mean(({ truth }) => truth) / most).toBeLessThan(1.15);
    expect(mean(({ figures }) => figures.falseNegativeRate.value) / most).toBeCloseTo(1, 0);
    expect(mean(({ figures }) => figures.unfiltered.value)).toBeCloseTo(0.2, 1);
  },
);

test('the laxer the rate, the more negatives are kept', () => {
  const lists = judgedLists(200, 3);
  const kept = [0.02, 0.05, 0.1, 0.15].map(
    (most) => learn(lists, { by: 'false-negative-rate', most }).figures.kept.value,
  );
  expect(kept).toEqual([...kept].sort((a, b) => a - b));
});

test('the best F-measure: no other threshold has a better one on these lists', () => {
  const lists = judgedLists(100, 4);
  const fMeasure = (threshold: number, beta: number): number => {
    let [caught, missed, lost] = [0, 0, 0];
    for (const { scores, relevant } of lists)
      for (const [i, yes] of relevant.entries()) {
        const called = scores[i]! >= threshold;
        if (yes && called) caught += 1;
        else if (yes) missed += 1;
        else if (called) lost += 1;
      }
    const [precision, recall] = [caught / (caught + lost || 1), caught / (caught + missed || 1)];
    return ((1 + beta ** 2) * precision * recall) / (beta ** 2 * precision + recall || 1);
  };
  for (const beta of [0.5, 1, 2]) {
    const { threshold } = learn(lists, { by: 'f-measure', beta });
    const best = fMeasure(threshold, beta);
    for (let other = -7; other < 2; other += 0.05)
      expect(fMeasure(other, beta)).toBeLessThanOrEqual(best + 1e-12);
  }
});

test('an even scale of scores, shifted or stretched, calls the same candidates relevant', () => {
  const lists = judgedLists(50, 5);
  const moved = lists.map((list) => ({
    ...list,
    scores: Array.from(list.scores, (score) => 3 * score + 40),
  }));
  const aim = { by: 'false-negative-rate', most: 0.05 } as const;
  expect(learn(moved, aim).threshold).toBeCloseTo(3 * learn(lists, aim).threshold + 40, 6);
});

test('intervals hold the true rate in about nine of ten samples', () => {
  let held = 0;
  for (let trial = 0; trial < 150; trial++) {
    const { threshold, figures } = learn(judgedLists(60, 100 + trial), { by: 'f-measure', beta: 1 });
    const truth = falseNegativeRate(judgedLists(800, 7), threshold);
    if (figures.falseNegativeRate.low <= truth && truth <= figures.falseNegativeRate.high) held += 1;
  }
  expect(held / 150).toBeGreaterThan(0.85);
});

test.each([
  [judgedLists(3, 1), { by: 'f-measure', beta: 1 }, 'too-little-data'],
  [judgedLists(20, 1, { rate: 0 }), { by: 'f-measure', beta: 1 }, 'too-little-data'],
  [judgedLists(20, 1, { rate: 1.1 }), { by: 'f-measure', beta: 1 }, 'too-little-data'],
  // The lowest score of all is of a relevant passage, and below it nothing passes.
  [
    Array.from({ length: 8 }, (_, i) => ({ queryId: `${i}`, scores: [i, 0.5 + i], relevant: [true, false] })),
    { by: 'false-negative-rate', most: 0.01 },
    'too-little-data',
  ],
  [judgedLists(20, 1), { by: 'f-measure', beta: 0 }, 'usage'],
  [judgedLists(20, 1), { by: 'false-negative-rate', most: 1 }, 'usage'],
] as const)('what teaches nothing is refused: %#', (lists, aim, code) => {
  expect(() => learn(lists, aim)).toThrow(expect.objectContaining({ code }));
});

test('written, read, and refused to another judge and where it is no threshold', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'rankforge-threshold-')), 'threshold.json');
  const learnt = learn(judgedLists(40, 6), { by: 'false-negative-rate', most: 0.1 });
  await writeFilterThreshold(path, learnt);
  expect(await readFilterThreshold(path, 'a judge')).toEqual(learnt);
  await expect(readFilterThreshold(path, 'another')).rejects.toMatchObject({ code: 'usage', where: path });
  writeFileSync(path, '{"threshold": 1}');
  await expect(readFilterThreshold(path)).rejects.toMatchObject({ code: 'bad-file' });
});
