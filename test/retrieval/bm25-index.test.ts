import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Passage } from '../../src/core/passage.js';
import type { ScoredId } from '../../src/core/run.js';
import { evaluateRun } from '../../src/evaluate/evaluate-run.js';
import { loadDataset } from '../../src/formats/dataset.js';
import { createAnalyser } from '../../src/retrieval/analyser.js';
import { bm25Pair, termStatistics } from '../../src/retrieval/bm25.js';
import { Bm25Index } from '../../src/retrieval/bm25-index.js';
import { hasSharedData, sharedData } from '../shared-data.js';

const analyser = createAnalyser('english');
const passages: Passage[] = [
  { id: 'a', title: 'Cats', text: 'A cat sleeps. Cats sleep a lot.' },
  { id: 'b', text: 'Dogs bark and cats run.' },
  { id: 'c', text: 'Dogs bark and cats run.' },
  { id: 'd', text: '' },
  { id: 'e', text: 'Nothing of the kind: quantum chromodynamics' },
];

describe('search', () => {
  let index: Bm25Index;
  beforeAll(async () => {
    index = await Bm25Index.build(passages, { analyser });
  });

  test('scores by the formula, worked out by hand', () => {
    // "cat" is 3 of the 6 terms of a (cat, cat, sleep, cat, sleep, lot); mean length (6 + 4 + 4 + 0 + 4) / 5; df 3 of 5.
    const idf = Math.log(1 + (5 - 3 + 0.5) / (3 + 0.5));
    const weight = 3 / (3 + 0.9 * (1 - 0.4 + (0.4 * 6) / 3.6));
    expect(index.search('cat', 1)).toEqual([{ id: 'a', score: expect.closeTo(idf * weight, 6) }]);
  });

  test('equal scores keep the order of indexing, at the cut too', () => {
    expect(index.search('dogs', 5).map(({ id }) => id)).toEqual(['b', 'c']);
    expect(index.search('dogs', 1).map(({ id }) => id)).toEqual(['b']);
  });

  test.each(['', '   ', 'the of', 'zebra', '🐈‍⬛'])('no known term, no result: %j', (text) => {
    expect(index.search(text, 10)).toEqual([]);
  });

  test('k of 0, and k beyond the corpus', () => {
    expect(index.search('cats', 0)).toEqual([]);
    expect(index.search('cats dogs', 1e6)).toHaveLength(3);
  });

  test('a search leaves nothing behind for the next one', () => {
    const first = index.search('cats sleep', 5);
    index.search('dogs bark cats', 5);
    expect(() => index.search('dogs bark cats', -1)).toThrow(RangeError);
    expect(index.search('cats sleep', 5)).toEqual(first);
  });

  test('an unknown passage', () => {
    expect(() => index.score('cat', 'z')).toThrow(
      expect.objectContaining({ code: 'unknown-id', where: 'z' }),
    );
  });
});

const word = fc.constantFrom('red', 'green', 'blue', 'cat', 'dog', 'runs', 'the');
const collection = fc.array(fc.array(word, { maxLength: 12 }), { minLength: 1, maxLength: 30 });

test('search, score and bm25Pair agree, and search is complete and in order', async () => {
  await fc.assert(
    fc.asyncProperty(
      collection,
      fc.array(word, { maxLength: 6 }),
      fc.nat(12),
      async (texts, queryWords, k) => {
        const corpus = texts.map((words, i) => ({ id: String(i), text: words.join(' ') }));
        const query = queryWords.join(' ');
        const index = await Bm25Index.build(corpus, { analyser });
        const all = corpus.map(({ id }) => ({ id, score: index.score(query, id) }));
        const expected = all.filter(({ score }) => score > 0).sort((a, b) => b.score - a.score);
        expect(index.search(query, k)).toEqual(expected.slice(0, k));
        for (const statistics of [index.statistics(), termStatistics(corpus, analyser)]) {
          for (const { id, score } of all) {
            expect(bm25Pair(analyser(query), analyser(corpus[Number(id)]!.text), statistics)).toBeCloseTo(
              score,
              5,
            );
          }
        }
      },
    ),
    { numRuns: 200 },
  );
});

describe('bad corpora', () => {
  test('two passages of one id', async () => {
    await expect(Bm25Index.build([...passages, passages[0]!], { analyser })).rejects.toMatchObject({
      code: 'duplicate-id',
      where: 'a',
    });
  });

  test('no passages', async () => {
    await expect(Bm25Index.build([], { analyser })).rejects.toMatchObject({ code: 'empty-corpus' });
  });

  test('a stream of passages is the same as a list; a signal stops it', async () => {
    async function* stream() {
      yield* passages;
    }
    const index = await Bm25Index.build(stream());
    expect(index.search('cats', 9)).toEqual((await Bm25Index.build(passages)).search('cats', 9));
    await expect(Bm25Index.build(stream(), {}, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: 'AbortError',
    });
  });
});

describe('on disk', () => {
  let folder: string;
  let index: Bm25Index;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bm25-'));
    index = await Bm25Index.build(passages, { analyser });
    await index.save(folder);
  });

  test('a loaded index answers as the saved one', async () => {
    for (const loaded of [await Bm25Index.load(folder), await Bm25Index.load(folder, { analyser })]) {
      expect(loaded.search('cats sleeping with dogs', 9)).toEqual(index.search('cats sleeping with dogs', 9));
      expect(loaded.statistics()).toEqual(index.statistics());
      expect(loaded.ids).toEqual(index.ids);
    }
    expect(await readdir(folder)).toEqual(['bm25.index']);
  });

  test('saved twice at once it is whole', async () => {
    const shared = await mkdtemp(join(tmpdir(), 'bm25-'));
    await Promise.all([index.save(shared), index.save(shared)]);
    expect((await Bm25Index.load(shared)).ids).toEqual(index.ids);
    expect(await readdir(shared)).toEqual(['bm25.index']);
  });

  test('other settings are refused', async () => {
    await expect(Bm25Index.load(folder, { analyser, k1: 1.2 })).rejects.toMatchObject({
      code: 'bad-file',
      message: expect.stringContaining('k1 0.9'),
    });
  });

  test('no file, a cut one, a changed one, another one', async () => {
    const bytes = await readFile(join(folder, 'bm25.index'));
    const other = await mkdtemp(join(tmpdir(), 'bm25-'));
    const tryLoad = async (data: Uint8Array) => {
      await writeFile(join(other, 'bm25.index'), data);
      return Bm25Index.load(other);
    };
    await expect(Bm25Index.load(other)).rejects.toMatchObject({ code: 'missing-file' });
    for (const end of [0, 4, 12, 40, bytes.length - 40, bytes.length - 1]) {
      await expect(tryLoad(bytes.subarray(0, end))).rejects.toMatchObject({ code: 'bad-file' });
    }
    const changed = Buffer.from(bytes);
    changed[changed.length - 60]! ^= 1;
    await expect(tryLoad(changed)).rejects.toMatchObject({ code: 'bad-file' });
    await expect(
      tryLoad(Buffer.from('{"an":"ordinary file, longer than the header"}')),
    ).rejects.toMatchObject({
      code: 'bad-file',
    });
  });
});

// The figures that Lucene and bm25s give with Porter stems, k1 0.9, b 0.4, title and text.
describe.each([
  { name: 'scifact', expected: 0.677 },
  { name: 'nfcorpus', expected: 0.321 },
])('quality', ({ name, expected }) => {
  test.skipIf(!hasSharedData(name))(
    `nDCG@10 on ${name} (needs shared data) is ${expected} ± .005`,
    async () => {
      const { passages: corpus, queries, qrels } = await loadDataset(sharedData(name), { split: 'test' });
      const index = await Bm25Index.build(corpus.values(), { analyser });
      const run = new Map<string, ScoredId[]>();
      for (const { id, text } of queries.values()) run.set(id, index.search(text, 100));
      const { means } = evaluateRun(qrels, run, ['nDCG@10']);
      expect(Math.abs(means['nDCG@10']! - expected)).toBeLessThan(0.005);
    },
  );
});
