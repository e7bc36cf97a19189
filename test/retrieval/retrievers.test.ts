import { beforeAll, describe, expect, test } from 'vitest';
import { Bm25Index } from '../../src/retrieval/bm25-index.js';
import { DenseIndex } from '../../src/retrieval/dense-index.js';
import { centroid, feedbackRetriever, feedbackScores } from '../../src/retrieval/feedback.js';
import { fusedRetriever } from '../../src/retrieval/fused-retriever.js';
import { bm25Retriever, denseRetriever, type Retriever } from '../../src/retrieval/retriever.js';
import { toyEncoder } from './toy-encoder.js';

const texts = ['bad cab', 'bad face', 'cab cab', 'head', 'aged hedge', 'deaf badge', 'zoo'];
const passages = texts.map((text, i) => ({ id: `p${i}`, text }));
const query = { id: 'q', text: 'bad cab' };
let retrievers: Record<string, Retriever>;

beforeAll(async () => {
  const bm25 = bm25Retriever(await Bm25Index.build(passages));
  const index = await DenseIndex.build(passages, toyEncoder());
  const dense = denseRetriever(index);
  const fused = fusedRetriever([dense, bm25], { weights: [1, 0.5] });
  retrievers = { bm25, dense, fused, feedback: feedbackRetriever(bm25, index, { top: 2 }) };
});

describe.each(['bm25', 'dense', 'fused', 'feedback'])('%s', (name) => {
  test('gives ids of the corpus once each, best first, at most k', async () => {
    for (const k of [0, 1, 3, 100]) {
      const found = await retrievers[name]!.search(query, k);
      expect(found.length).toBeLessThanOrEqual(k);
      expect(new Set(found.map(({ id }) => id)).size).toBe(found.length);
      expect(found.every(({ id }) => passages.some((passage) => passage.id === id))).toBe(true);
      expect(found.map(({ score }) => score)).toEqual(found.map(({ score }) => score).sort((a, b) => b - a));
      if (k > 0) expect(found[0]!.id).toBe('p0');
    }
  });

  test('heeds a signal', async () => {
    const signal = AbortSignal.abort();
    await expect(
      retrievers[name]!.search({ id: 'q', text: `not seen before ${name}` }, 3, { signal }),
    ).rejects.toMatchObject({
      name: 'AbortError',
    });
  });

  test('an empty query is no error', async () => {
    expect((await retrievers[name]!.search({ id: 'q', text: '' }, 3)).length).toBeLessThanOrEqual(3);
  });
});

test('scores of a retriever are those of its search', async () => {
  for (const name of ['bm25', 'dense']) {
    const found = await retrievers[name]!.search(query, 7);
    const scores = await retrievers[name]!.score!(
      query,
      found.map(({ id }) => id),
    );
    expect(scores).toEqual(found.map(({ score }) => score));
  }
});

test('fusion scores what only one retriever found by the other as well', async () => {
  const list = (scores: Record<string, number>): Retriever => ({
    name: 'list',
    search: async (_query, k) =>
      Object.entries(scores)
        .map(([id, score]) => ({ id, score }))
        .sort((a, b) => b.score - a.score)
        .slice(0, k),
    score: async (_query, ids) => ids.map((id) => scores[id]!),
  });
  const [one, two] = [list({ a: 3, b: 2.9, c: 0 }), list({ a: 0, b: 2, c: 2.1 })];
  // With one each, b is found by neither; a and c are scored by both.
  const fused = await fusedRetriever([one, two], { depth: 1, weights: [2, 1] }).search(query, 1);
  expect(fused.map(({ id, score }) => [id, score])).toEqual([['a', 1]]);
  expect((await fusedRetriever([one, two], { depth: 3 }).search(query, 3)).map(({ id }) => id)[0]).toBe('b');
});

test('feedback scores are dot products with the mean of the first few', () => {
  const vectors = [Float32Array.of(1, 0), Float32Array.of(0, 1), Float32Array.of(0.6, 0.8)];
  expect(centroid(vectors.slice(0, 2))).toEqual(Float32Array.of(0.5, 0.5));
  const scores = feedbackScores(vectors, { top: 2 });
  expect(scores.map((score) => score.toFixed(5))).toEqual(['0.50000', '0.50000', '0.70000']);
  expect(feedbackScores([])).toEqual([]);
  expect(() => centroid([])).toThrow(RangeError);
});
