import { describe, expect, test } from 'vitest';
import { randomStream } from '../../src/core/random.js';
import type { ScoredId } from '../../src/core/run.js';
import { evaluateRun } from '../../src/evaluate/evaluate-run.js';
import { readQrels } from '../../src/formats/qrels.js';
import { readRun } from '../../src/formats/trec-run.js';
import { interpolate, tuneInterpolation } from '../../src/retrieval/interpolation.js';
import { hasSharedData, sharedData } from '../shared-data.js';

const ids = Array.from({ length: 20 }, (_, index) => `p${index}`);
const best = (scores: readonly number[]): ScoredId[] =>
  ids.map((id, index) => ({ id, score: scores[index]! })).sort((a, b) => b.score - a.score);

/** Queries whose relevance two lists see through noise of these deviations. */
function noisyPairs(queries: number, first: number, second: number) {
  const relevance = new Map<string, Map<string, number>>();
  const pairs = Array.from({ length: queries }, (_, q) => {
    const random = randomStream(3, 'interpolation-test', q);
    const truth = ids.map(() => random.normal());
    relevance.set(
      `q${q}`,
      new Map(ids.flatMap((id, index) => (truth[index]! > 0.8 ? [[id, 1] as const] : []))),
    );
    return {
      queryId: `q${q}`,
      // Of another scale: only z-scores make them comparable.
      first: best(truth.map((value) => 1000 + 50 * (value + first * random.normal()))),
      second: best(truth.map((value) => value + second * random.normal())),
    };
  });
  const worth = (queryId: string, list: readonly ScoredId[]) =>
    evaluateRun(new Map([[queryId, relevance.get(queryId)!]]), new Map([[queryId, list]]), ['nDCG@10']).means[
      'nDCG@10'
    ]!;
  return { pairs, worth };
}

test('0 is the first list, 1 the second', () => {
  const [{ first, second } = { first: [], second: [] }] = noisyPairs(1, 1, 1).pairs;
  const order = (list: readonly ScoredId[]) => list.map(({ id }) => id);
  expect(order(interpolate(first, second, 0))).toEqual(order(first));
  expect(order(interpolate(first, second, 1))).toEqual(order(second));
});

test.each([-0.1, 1.1, Number.NaN])('a weight of %d is refused', (weight) => {
  expect(() => interpolate([], [], weight)).toThrow(expect.objectContaining({ code: 'usage' }));
});

describe('the tuned weight', () => {
  test('of two equally good lists is about a half, and both together beat each', () => {
    const { pairs, worth } = noisyPairs(80, 1, 1);
    const tuned = tuneInterpolation(pairs, { worth });
    expect(tuned.weight).toBeGreaterThan(0.25);
    expect(tuned.weight).toBeLessThan(0.75);
    expect(tuned.heldOut).toBeGreaterThan(Math.max(tuned.first, tuned.second) + 0.03);
    expect(tuned.queries).toBe(80);
  });

  test('leans to the better list', () => {
    const { pairs, worth } = noisyPairs(80, 2, 0.3);
    expect(tuneInterpolation(pairs, { worth }).weight).toBeGreaterThan(0.75);
    const turned = pairs.map(({ queryId, first, second }) => ({ queryId, first: second, second: first }));
    expect(tuneInterpolation(turned, { worth }).weight).toBeLessThan(0.25);
  });

  test('is told by held-out queries: lists that know nothing are not made better by tuning', () => {
    const values = [1, 2, 3, 4, 5, 6].map((draw) => {
      const { pairs, worth } = noisyPairs(20 * draw, 1e6, 1e6);
      const { heldOut, first, second } = tuneInterpolation(pairs, { worth, folds: 10 });
      return heldOut - (first + second) / 2;
    });
    expect(Math.abs(values.reduce((sum, value) => sum + value, 0) / values.length)).toBeLessThan(0.02);
  });

  test('of lists that are the same is a half', () => {
    const { pairs, worth } = noisyPairs(10, 1, 1);
    const same = pairs.map(({ queryId, first }) => ({ queryId, first, second: first }));
    expect(tuneInterpolation(same, { worth }).weight).toBe(0.5);
  });

  test('needs two queries', () => {
    const { pairs, worth } = noisyPairs(1, 1, 1);
    expect(() => tuneInterpolation(pairs, { worth })).toThrow(
      expect.objectContaining({ code: 'too-little-data' }),
    );
  });
});

describe.skipIf(!hasSharedData('dl19'))('on DL19, BM25 with recorded LLM runs (needs shared data)', () => {
  test.each([
    // A ranker tuned for it has nothing to learn from BM25; one that was not is held back by it.
    ['rankvicuna-7b', 1, 0.684],
    ['vicuna-13b-v1.5-zeroshot', 0.1, 0.504],
  ])('%s: weight %d, held out %d', async (name, weight, expected) => {
    const qrels = await readQrels(sharedData('dl19', 'qrels', 'test.tsv'));
    const bm25 = await readRun(sharedData('dl19', 'runs', 'first-stage', 'bm25.trec'));
    const model = await readRun(sharedData('dl19', 'runs', 'llm', `${name}.trec`));
    const pairs = [...bm25].map(([queryId, first]) => ({ queryId, first, second: model.get(queryId)! }));
    const tuned = tuneInterpolation(pairs, {
      worth: (queryId, list) =>
        evaluateRun(new Map([[queryId, qrels.get(queryId)!]]), new Map([[queryId, list]]), ['nDCG@10']).means[
          'nDCG@10'
        ]!,
    });
    expect(tuned.weight).toBe(weight);
    expect(tuned.heldOut).toBeCloseTo(expected, 3);
    expect(tuned.first).toBeCloseTo(0.5058, 4);
  });
});
