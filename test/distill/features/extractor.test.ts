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
    'early_match_z',
    'early_cover_z',
    'definition_z',
    'address_z',
    'number_near_z',
    'bm25_rank',
    'term_feedback_rank',
  ];
  expect(featureSet({ dense: false })).toEqual({
    version: 2,
    dense: false,
    firstStage: false,
    names: lexical,
  });
  expect(featureSet({ dense: true }).names).toEqual([
    ...lexical,
    'cosine',
    'feedback',
    'smoothed',
    'cosine_z',
    'feedback_z',
    'smoothed_z',
    'cosine_rank',
    'feedback_rank',
    'smoothed_rank',
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

  test('of two passages as near to the query, the one among others like it has the better smoothed score', () => {
    const unit = (x: number, y: number, z: number) =>
      Float32Array.of(x, y, z).map((v) => v / Math.hypot(x, y, z));
    const vectors = {
      query: unit(1, 0, 0),
      passages: [
        unit(1, 1, 0),
        unit(1, -1, 0),
        unit(1, 0.8, 0),
        unit(1, 0.9, 0),
        unit(1, 1.1, 0),
        unit(0, 0, 1),
      ],
    };
    const same = vectors.passages.map(() => ({ text: 'fees' }));
    const smoothed = columnOf(dense.extract(query, same, vectors), 'smoothed');
    expect(smoothed[0]).toBeGreaterThan(smoothed[1]!);
    expect(smoothed[1]).toBeGreaterThan(smoothed[5]!);
    expect(dense.extract(query, [], { query: vectors.query, passages: [] }).data).toHaveLength(0);
  });

  test('missing or too few vectors are an error that says so', () => {
    expect(() => dense.extract(query, passages)).toThrow(/no vectors for 4 passages/);
    expect(() => dense.extract(query, passages, { query: Float32Array.of(1, 0), passages: [] })).toThrow(
      /0 vectors/,
    );
  });
});

describe('the order of a first stage', () => {
  const many = [
    'bank fees for cards abroad',
    'bank fees and bank accounts',
    'fees abroad are fees',
    'a bank abroad',
    'abroad with cards',
    'rain and snow in the hills',
    'snow on the hills again',
    'hills with rain',
    'more rain',
    'snow and rain',
  ].map((text, i) => ({ id: String(i), text }));
  const about = termStatistics(many, analyser);
  const feedbackOf = (list: typeof many, firstStage: boolean) => {
    const { extract } = createFeatureExtractor({ statistics: about, dense: false, firstStage });
    const column = columnOf(extract(query, list), 'term_feedback');
    return new Map(list.map(({ id }, i) => [id, column[i]!]));
  };

  test('says whose terms feedback is about, where it is read', () => {
    const turned = feedbackOf([...many].reverse(), true);
    expect(turned.get('7')).toBeGreaterThan(turned.get('0')!);
    const given = feedbackOf(many, true);
    expect(given.get('0')).toBeGreaterThan(given.get('7')!);
  });

  test('has no say where it is not read', () => {
    const [given, turned] = [feedbackOf(many, false), feedbackOf([...many].reverse(), false)];
    for (const [id, value] of given) expect(turned.get(id)).toBeCloseTo(value, 12);
  });
});

test('statistics of no passage are refused', () => {
  expect(() => createFeatureExtractor({ statistics: termStatistics([], analyser), dense: false })).toThrow(
    expect.objectContaining({ code: 'empty-corpus' }),
  );
});
