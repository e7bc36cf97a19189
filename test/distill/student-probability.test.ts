import { expect, test } from 'vitest';
import { createFeatureExtractor } from '../../src/distill/features/extractor.js';
import { makeStudent, withCard } from '../../src/distill/make-student.js';
import { studentComparator } from '../../src/distill/student-comparator.js';
import { trainStudent } from '../../src/distill/train-student.js';
import { buildTrainingLists } from '../../src/distill/training-list.js';
import { composeReranker } from '../../src/rerank/reranker.js';
import { createAnalyser } from '../../src/retrieval/analyser.js';
import { termStatistics } from '../../src/retrieval/bm25.js';

const words = 'apple bread cheese date egg fig grape honey'.split(' ');
const passages = Array.from({ length: 24 }, (_, i) => ({
  id: `p${i}`,
  text: Array.from({ length: 3 + (i % 5) }, (_, k) => words[(i * 3 + k) % 8]!).join(' '),
}));
const statistics = termStatistics(passages, createAnalyser('english'));
const extractor = createFeatureExtractor({ statistics, dense: false });
const lists = words.map((word, q) => ({
  query: { id: `q${q}`, text: word },
  passages,
  labels: passages.map(({ text }) => (text.startsWith(word) ? 2 : 0)),
}));

test('a reranked item carries P(relevant) where the student was calibrated, and none where it was not', async () => {
  const training = await buildTrainingLists(lists, extractor);
  const trained = await trainStudent(training, {
    kind: 'linear',
    features: extractor.set,
    labels: 'grades',
    seed: 1,
  });
  const details = {
    name: 'x',
    kind: 'linear',
    features: extractor.set,
    statistics,
    labels: 'grades',
    seed: 1,
  } as const;
  const bare = makeStudent(trained, training, details);
  const calibrated = withCard(bare, {
    calibration: {
      calibrator: { method: 'platt', slope: -1, offset: 0.5 },
      logLoss: { platt: 1, isotonic: 1 },
      error: 0,
      queries: 8,
      pairs: 192,
      source: 'the test',
    },
  });
  const candidates = { query: lists[0]!.query, items: passages.map((passage) => ({ passage })) };
  const rank = (student: typeof bare) =>
    composeReranker({ program: 'full', comparator: studentComparator(student) }).rerank(candidates);
  expect((await rank(bare)).items.every(({ probability }) => probability === undefined)).toBe(true);
  const { items } = await rank(calibrated);
  for (const { score, probability } of items)
    expect(probability).toBeCloseTo(1 / (1 + Math.exp(-score + 0.5)), 9);
});
