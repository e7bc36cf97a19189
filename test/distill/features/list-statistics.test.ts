import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createFeatureExtractor } from '../../../src/distill/features/extractor.js';
import { columnOf } from '../../../src/distill/features/feature-set.js';
import { listStatistics } from '../../../src/distill/features/list-statistics.js';
import { createAnalyser } from '../../../src/retrieval/analyser.js';
import { inverseDocumentFrequency, termStatistics } from '../../../src/retrieval/bm25.js';

const known = {
  documentCount: 1000,
  meanLength: 50,
  documentFrequency: new Map([
    ['tide', 5],
    ['moon', 40],
    ['water', 900],
  ]),
};
const idfIn = (
  { documentCount, documentFrequency }: ReturnType<typeof listStatistics>,
  term: string,
): number => inverseDocumentFrequency(documentCount, documentFrequency.get(term)!);

describe('statistics of a list', () => {
  test('an idf is the known one times how rare the term is in the list', () => {
    const list = [['tide', 'moon'], ['tide'], ['tide', 'water'], ['bread', 'tide', 'moon', 'bread']];
    const counted = listStatistics(known, list, ['tide', 'sun']);
    expect(counted.meanLength).toBe(9 / 4);
    const rarity = (inList: number) => inverseDocumentFrequency(40, inList) / inverseDocumentFrequency(40, 0);
    for (const [term, documents, inList] of [
      ['tide', 5, 4],
      ['moon', 40, 2],
      ['water', 900, 1],
      ['bread', 0, 1],
      ['sun', 0, 0],
    ] as const) {
      const expected = inverseDocumentFrequency(1000, documents) * rarity(inList);
      expect(idfIn(counted, term)).toBeCloseTo(expected, 9);
    }
  });

  test('no term counts more than where it is known from, and all are finite', () => {
    const words = fc.constantFrom('tide', 'moon', 'water', 'bread', '__proto__', 'constructor');
    const lists = fc.array(fc.array(words, { maxLength: 8 }), { maxLength: 30 });
    fc.assert(
      fc.property(lists, fc.array(words, { maxLength: 5 }), (list, query) => {
        const counted = listStatistics(known, list, query);
        for (const term of new Set([...list.flat(), ...query])) {
          const before = inverseDocumentFrequency(1000, known.documentFrequency.get(term) ?? 0);
          const now = idfIn(counted, term);
          expect(now).toBeGreaterThan(0);
          expect(now).toBeLessThanOrEqual(before + 1e-9);
        }
      }),
    );
  });
});

test('with them features are relative to the list and finite, whatever the texts', () => {
  const statistics = termStatistics(
    [{ text: 'tides rise and fall with the moon' }],
    createAnalyser('english'),
  );
  const extractor = createFeatureExtractor({ statistics, dense: false, listStatistics: true });
  expect(extractor.set.names.filter((name) => !name.endsWith('_z'))).toEqual([]);
  fc.assert(
    fc.property(fc.string(), fc.array(fc.string(), { maxLength: 20 }), (query, texts) => {
      const { data, rows } = extractor.extract(
        { text: query },
        texts.map((text) => ({ text })),
      );
      expect(rows).toBe(texts.length);
      expect(data.every(Number.isFinite)).toBe(true);
    }),
  );
});

test('a word that the whole list holds tells its passages apart less than one that few hold', () => {
  const statistics = termStatistics(
    Array.from({ length: 50 }, (_, i) => ({ text: `text ${i} of other things` })),
    createAnalyser('english'),
  );
  const passages = [
    { text: 'python code, python code' },
    { text: 'python code to sort a list' },
    ...Array.from({ length: 20 }, (_, i) => ({ text: `python code number ${i}` })),
  ];
  const query = { text: 'python sort' };
  const best = (listStatistics: boolean): number => {
    const bm25 = columnOf(
      createFeatureExtractor({ statistics, dense: false, listStatistics }).extract(query, passages),
      'bm25_z',
    );
    return bm25.indexOf(Math.max(...bm25));
  };
  expect(best(true)).toBe(1);
});
