import { describe, expect, test } from 'vitest';
import { createFeatureExtractor, embedList } from '../../../src/distill/features/extractor.js';
import { columnOf, featureSet } from '../../../src/distill/features/feature-set.js';
import { createAnalyser } from '../../../src/retrieval/analyser.js';
import { termStatistics } from '../../../src/retrieval/bm25.js';
import { Bm25Index } from '../../../src/retrieval/bm25-index.js';

const passages = [
  { id: 'a', title: 'Fees abroad', text: 'The bank charges fees for cards used abroad.' },
  { id: 'b', text: 'Travel abroad with your dog: the papers that you need.' },
  { id: 'c', text: 'Cards are sent by post. Fees for the bank account are listed in the price sheet.' },
  { id: 'd', text: '' },
];
const analyser = createAnalyser('english');
const statistics = termStatistics(passages, analyser);
const query = { id: 'q', text: 'bank fees abroad' };
const extractor = createFeatureExtractor({ statistics, dense: false });

test('the order of the features is fixed: this list changes only with featureVersion', () => {
  const lexical = [
    'bm25',
    'idf_overlap',
    'coverage',
    'title_overlap',
    'bigram',
    'longest_run',
    'proximity',
    'first_match',
    'term_feedback',
    'query_length',
    'passage_length',
    'clarity',
    'bm25_z',
    'idf_overlap_z',
    'bigram_z',
    'proximity_z',
    'term_feedback_z',
    'passage_length_z',
    'bm25_rank',
    'term_feedback_rank',
  ];
  expect(featureSet({ dense: false })).toEqual({
    version: 1,
    dense: false,
    firstStage: false,
    names: lexical,
  });
  expect(featureSet({ dense: true }).names).toEqual([
    ...lexical,
    'cosine',
    'feedback',
    'cosine_z',
    'feedback_z',
    'cosine_rank',
    'feedback_rank',
  ]);
});

describe('lexical features', () => {
  const matrix = extractor.extract(query, passages);
  const column = (name: string) => [...columnOf(matrix, name)];

  test("bm25 is the index's score", async () => {
    const index = await Bm25Index.build(passages, { analyser });
    for (const [i, { id }] of passages.entries()) {
      expect(column('bm25')[i]).toBeCloseTo(index.score(query.text, id), 5);
    }
  });

  test('coverage, bigrams, runs and proximity, counted by hand', () => {
    expect(column('coverage')).toEqual([1, 1 / 3, 2 / 3, 0]);
    // "fee abroad" stands in the title of a.
    expect(column('bigram')).toEqual([1 / 2, 0, 0, 0]);
    expect(column('longest_run')).toEqual([2 / 3, 1 / 3, 1 / 3, 0]);
    // a: "fee abroad bank" are neighbours; c: "fee bank", with stop words dropped.
    expect(column('proximity')).toEqual([1, 0, 1, 0]);
    expect(column('first_match')).toEqual([1, 1 / 2, 1 / 4, 0]);
    expect(column('title_overlap').slice(1)).toEqual([0, 0, 0]);
    expect(column('title_overlap')[0]).toBeGreaterThan(0.5);
  });

  test('an empty passage and an empty query have finite features', () => {
    expect(extractor.extract({ text: '' }, passages).data.every(Number.isFinite)).toBe(true);
    expect(extractor.extract(query, [passages[3]!]).data.every(Number.isFinite)).toBe(true);
    expect(extractor.extract(query, []).data.length).toBe(0);
  });

  test('features do not depend on the order of the candidates', () => {
    const turned = extractor.extract(query, [...passages].reverse());
    const width = matrix.names.length;
    for (let row = 0; row < 4; row++) {
      const same = turned.data.slice((3 - row) * width, (4 - row) * width);
      matrix.data.slice(row * width, (row + 1) * width).forEach((value, i) => {
        expect(same[i]).toBeCloseTo(value, 12);
      });
    }
  });

  test('z-scores have mean 0 and deviation 1 inside the list', () => {
    const z = column('bm25_z');
    expect(z.reduce((sum, x) => sum + x, 0)).toBeCloseTo(0, 12);
    expect(z.reduce((sum, x) => sum + x * x, 0) / 4).toBeCloseTo(1, 12);
  });
});

describe('dense features', () => {
  const dense = createFeatureExtractor({ statistics, dense: true });
  const encoder = {
    id: 'stub',
    dimensions: 2,
    embed: async (texts: readonly string[]) =>
      texts.map((text) => Float32Array.of(Math.cos(text.length), Math.sin(text.length))),
    async [Symbol.asyncDispose]() {},
  };

  test('cosine is the dot product, and the lexical features are a prefix', async () => {
    const vectors = await embedList(encoder, query, passages);
    const matrix = dense.extract(query, passages, vectors);
    expect(columnOf(matrix, 'cosine')[1]).toBeCloseTo(
      Math.cos(query.text.length - passages[1]!.text.length),
      5,
    );
    const width = matrix.names.length;
    const lexical = extractor.extract(query, passages);
    expect([...matrix.data.slice(width, width + lexical.names.length)]).toEqual([
      ...lexical.data.slice(lexical.names.length, 2 * lexical.names.length),
    ]);
  });

  test('missing or too few vectors are an error that says so', () => {
    expect(() => dense.extract(query, passages)).toThrow(/no vectors for 4 passages/);
    expect(() => dense.extract(query, passages, { query: Float32Array.of(1, 0), passages: [] })).toThrow(
      /0 vectors/,
    );
  });
});

test('statistics of no passage are refused', () => {
  expect(() => createFeatureExtractor({ statistics: termStatistics([], analyser), dense: false })).toThrow(
    expect.objectContaining({ code: 'empty-corpus' }),
  );
});
