import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Example, ExampleOrigin } from '../../../src/core/example.js';
import type { Grade } from '../../../src/core/judgement.js';
import { describeSet } from '../../../src/generate/describe/describe-set.js';
import { distinctN } from '../../../src/generate/describe/distinct-n.js';
import { quartiles } from '../../../src/generate/describe/quartiles.js';
import { createAnalyser } from '../../../src/retrieval/analyser.js';

const passage = (grade: Grade, text: string, origin: ExampleOrigin = 'corpus') => ({
  passage: { id: text, text },
  grade,
  kind: grade >= 2 ? ('positive' as const) : ('hard-negative' as const),
  origin,
});
const example = (text: string, type: string | undefined, passages: Example['passages']): Example => ({
  query: { id: text, text, ...(type ? { metadata: { type } } : {}) },
  passages,
  split: 'train',
  ledgerKeys: [],
});
const english = createAnalyser('english');

test('grades by source, with lengths and overlap', () => {
  const set = [
    example('warm laptops', 'keyword', [
      passage(3, 'a warm laptop charges slowly'),
      passage(1, 'one laptop', 'mined:bm25'),
      passage(0, 'bread rests', 'generated:0'),
    ]),
    example('why bread', undefined, [passage(3, 'bread and why it rises well now', 'generated:3')]),
  ];
  const found = describeSet(set, { analyser: english });
  expect(found).toMatchObject({ queries: 2, passages: 4, types: { keyword: 1, other: 1 } });
  expect(found.wordsByType).toEqual({
    keyword: { low: 2, median: 2, high: 2 },
    other: { low: 2, median: 2, high: 2 },
  });
  expect(found.grades).toEqual([
    {
      grade: 3,
      passages: 2,
      sources: { corpus: 1, mined: 0, written: 1 },
      words: { low: 5.5, median: 6, high: 6.5 },
      overlap: { low: 1, median: 1, high: 1 },
    },
    {
      grade: 1,
      passages: 1,
      sources: { corpus: 0, mined: 1, written: 0 },
      words: { low: 2, median: 2, high: 2 },
      overlap: { low: 0.5, median: 0.5, high: 0.5 },
    },
    expect.objectContaining({ grade: 0, overlap: { low: 0, median: 0, high: 0 } }),
  ]);
  expect(found.lengthBias.all.pairs).toBe(3);
  expect(found.spread).toBeUndefined();
});

test('an empty set is described, not divided by', () => {
  expect(describeSet([], { analyser: english })).toMatchObject({
    queries: 0,
    passages: 0,
    grades: [],
    words: undefined,
    distinct: { one: 0, two: 0 },
  });
});

test('spread is the mean cosine distance of all pairs', () => {
  const unit = fc
    .array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 3, maxLength: 3 })
    .filter((v) => Math.hypot(...v) > 0.01)
    .map((v) => v.map((value) => value / Math.hypot(...v)));
  fc.assert(
    fc.property(fc.array(unit, { minLength: 2, maxLength: 8 }), (embeddings) => {
      const distances = embeddings.flatMap((a, i) =>
        embeddings.slice(0, i).map((b) => 1 - a.reduce((sum, value, at) => sum + value * b[at]!, 0)),
      );
      const expected = distances.reduce((sum, value) => sum + value, 0) / distances.length;
      expect(describeSet([], { analyser: english, embeddings }).spread).toBeCloseTo(expected, 9);
    }),
  );
});

test('distinct n-grams', () => {
  expect(distinctN([['a', 'b', 'a', 'b']], 1)).toBe(0.5);
  expect(distinctN([['a', 'b', 'a', 'b']], 2)).toBeCloseTo(2 / 3, 10);
  expect(distinctN([['a'], []], 2)).toBe(0);
});

test('quartiles as numpy has them', () => {
  // numpy.percentile([7, 1, 3, 4], [25, 50, 75])
  expect(quartiles([7, 1, 3, 4])).toEqual({ low: 2.5, median: 3.5, high: 4.75 });
  expect(quartiles([])).toBeUndefined();
});
