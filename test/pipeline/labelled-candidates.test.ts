import { expect, test } from 'vitest';
import type { Example, ExamplePassage } from '../../src/core/example.js';
import { createFeatureExtractor } from '../../src/distill/features/extractor.js';
import { buildTrainingLists } from '../../src/distill/training-list.js';
import { labelledCandidates } from '../../src/pipeline/labelled-candidates.js';
import { createAnalyser } from '../../src/retrieval/analyser.js';
import { termStatistics } from '../../src/retrieval/bm25.js';

const passages = new Map(['a', 'b', 'c'].map((id) => [id, { id, text: `the text of ${id}` }]));
const item = (id: string, hardness?: number): ExamplePassage => ({
  passage: { id, text: `the text of ${id}` },
  grade: hardness === undefined ? 3 : 0,
  kind: hardness === undefined ? 'positive' : 'hard-negative',
  origin: hardness === undefined ? 'corpus' : 'mined:bm25',
  ...(hardness === undefined ? {} : { hardness }),
});
const exampleOf = (...items: ExamplePassage[]): Example => ({
  query: { id: 'q', text: 'text of a' },
  passages: items,
  split: 'train',
  ledgerKeys: [],
});
const labels = [
  { id: 'b', score: 0.5 },
  { id: 'a', score: 0.25 },
];

test('labels are the teachers’, the source one deviation above', () => {
  const { passages: own, labels: values } = labelledCandidates(exampleOf(item('a')), labels, passages);
  expect(own.map(({ id }) => id)).toEqual(['b', 'a']);
  expect(values).toEqual([0.5, 1.25]);
});

test('the hardness that was recorded reaches the lists that students are trained on', async () => {
  const extractor = createFeatureExtractor({
    statistics: termStatistics([...passages.values()], createAnalyser('english')),
    dense: false,
  });
  const listOf = async (example: Example) =>
    (await buildTrainingLists([labelledCandidates(example, labels, passages)], extractor))[0]!;
  const recorded = await listOf(exampleOf(item('a'), item('b', 0.75), item('c', 0.25)));
  expect([...recorded.hardness!]).toEqual([0.75, 0.25]);
  expect(await listOf(exampleOf(item('a')))).not.toHaveProperty('hardness');
});
