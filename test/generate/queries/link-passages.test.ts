import { describe, expect, test } from 'vitest';
import type { Passage } from '../../../src/core/passage.js';
import { corpusOf } from '../../../src/generate/corpus.js';
import { createLinker } from '../../../src/generate/queries/link-passages.js';
import { Bm25Index } from '../../../src/retrieval/bm25-index.js';
import { bm25Retriever, type Retriever } from '../../../src/retrieval/retriever.js';

const filler = (i: number): string =>
  Array.from({ length: 12 }, (_, j) => `common${(3 * i * i + 5 * j * j + 7 * i * j) % 17}`).join(' ');
const passages: Passage[] = [
  { id: 'bridge', text: `Kessel crossing drawn by Brandt ${filler(1)}` },
  { id: 'brandt', text: `Brandt and the Kessel years at Lenz ${filler(2)}` },
  { id: 'lenz', text: `Lenz taught Brandt, who drew the Kessel crossing ${filler(3)}` },
  { id: 'copy', text: `Kessel crossing drawn by Brandt ${filler(1)} indeed` },
  { id: 'one-term', text: `Kessel soup is made of lentils ${filler(4)}` },
  { id: 'lonely', text: `Nothing rare is in here ${filler(5)}` },
  ...Array.from({ length: 60 }, (_, i) => ({ id: `x${i}`, text: `other${i} ${filler(i)}` })),
];
const index = await Bm25Index.build(passages);
const linkerOf = (seed: number, more: object = {}) =>
  createLinker({
    corpus: corpusOf(passages),
    retriever: bm25Retriever(index),
    statistics: index.statistics(),
    seed,
    rareShare: 0.1,
    ...more,
  });
const byId = (id: string): Passage => passages.find((passage) => passage.id === id)!;

describe('a link', () => {
  test('shares rare terms, and is neither the passage itself nor its near-duplicate', async () => {
    const linked = new Set<string>();
    for (let seed = 0; seed < 20; seed++) {
      const link = (await linkerOf(seed)(byId('bridge')))!;
      linked.add(link.passage.id);
      expect(link.shared).toEqual(expect.arrayContaining(['brandt', 'kessel']));
    }
    expect([...linked].sort()).toEqual(['brandt', 'lenz']);
  });

  test('is drawn by the seed, the passage and the variant alone', async () => {
    const drawn = await Promise.all(
      [0, 1, 2, 3, 4, 5, 6, 7].map((variant) => linkerOf(3)(byId('bridge'), variant)),
    );
    expect(
      await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map((variant) => linkerOf(3)(byId('bridge'), variant))),
    ).toEqual(drawn);
    expect(new Set(drawn.map((link) => link!.passage.id)).size).toBe(2);
  });

  test('is none where nothing rare is shared', async () => {
    expect(await linkerOf(1)(byId('lonely'))).toBeUndefined();
    expect(await linkerOf(1)(byId('x3'))).toBeUndefined();
    expect(await linkerOf(1, { leastShared: 9 })(byId('bridge'))).toBeUndefined();
    expect(await linkerOf(1)({ id: 'empty', text: '' })).toBeUndefined();
  });

  test('is by nearness alone without statistics', async () => {
    const near: Retriever = {
      name: 'near',
      search: async ({ id }, k) =>
        [id, 'copy', 'gone', 'lenz'].map((one, i) => ({ id: one, score: 9 - i })).slice(0, k),
    };
    const link = await linkerOf(1, { retriever: near, statistics: undefined })(byId('bridge'));
    expect(link).toMatchObject({ passage: { id: 'lenz' }, shared: [] });
  });

  test('is none in a corpus of one or of two copies', async () => {
    for (const few of [passages.slice(0, 1), [byId('bridge'), byId('copy')]]) {
      const own = await Bm25Index.build(few);
      const link = createLinker({
        corpus: corpusOf(few),
        retriever: bm25Retriever(own),
        statistics: own.statistics(),
        seed: 1,
      });
      expect(await link(few[0]!)).toBeUndefined();
    }
  });
});
