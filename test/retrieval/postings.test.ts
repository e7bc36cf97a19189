import { expect, test } from 'vitest';
import { inverseDocumentFrequency, termWeight } from '../../src/retrieval/bm25.js';
import { PostingsBuilder, postingScore } from '../../src/retrieval/postings.js';

const settings = { k1: 0.9, b: 0.4 };

test('every pair has the score of the formula, over several blocks and with terms that repeat many hundred times', () => {
  const builder = new PostingsBuilder();
  // 3,000 passages of about 200 terms: 600,000 pairs, more than two blocks of 262,144.
  const passages = Array.from({ length: 3000 }, (_, passage) => {
    const counts = new Map<string, number>();
    for (let i = 0; i < 200; i++) counts.set(`t${(passage * 31 + i * 17) % 1500}`, 1 + ((passage + i) % 3));
    if (passage % 1000 === 999) counts.set('often', 254 + (passage % 5));
    if (passage === 2000) counts.set('often', 1000);
    return counts;
  });
  for (const counts of passages) builder.add([...counts].flatMap(([term, count]) => Array(count).fill(term)));
  const { postings, meanLength } = builder.finish(settings);
  const lengths = passages.map((counts) => [...counts.values()].reduce((sum, count) => sum + count, 0));
  expect(meanLength).toBeCloseTo(lengths.reduce((sum, length) => sum + length, 0) / passages.length, 9);
  expect(postings.passages.length).toBe(passages.reduce((sum, { size }) => sum + size, 0));
  const frequency = new Map<string, number>();
  for (const counts of passages) {
    for (const term of counts.keys()) frequency.set(term, (frequency.get(term) ?? 0) + 1);
  }
  for (const [passage, counts] of passages.entries()) {
    // All of some, so that the test stays quick; those with the repeated term among them.
    if (passage % 37 !== 0 && !counts.has('often')) continue;
    for (const [term, count] of counts) {
      const expected =
        inverseDocumentFrequency(passages.length, frequency.get(term)!) *
        termWeight(count, lengths[passage]!, meanLength, settings);
      expect(postingScore(postings, builder.terms.get(term)!, passage)).toBe(Math.fround(expected));
    }
  }
});

test('passages rise inside a term, and a passage without terms has none', () => {
  const builder = new PostingsBuilder();
  for (const terms of [['a', 'b'], [], ['b', 'a', 'b'], ['b']]) builder.add(terms);
  const { postings } = builder.finish(settings);
  expect([...postings.offsets]).toEqual([0, 2, 5]);
  expect([...postings.passages]).toEqual([0, 2, 0, 2, 3]);
  expect(postingScore(postings, 0, 1)).toBe(0);
});
