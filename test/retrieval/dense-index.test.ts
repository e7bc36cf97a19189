import { appendFile, mkdtemp, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { dot } from '../../src/core/vectors.js';
import { DenseIndex } from '../../src/retrieval/dense-index.js';
import { cacheEmbeddings } from '../../src/retrieval/embedding-cache.js';
import { toyEncoder } from './toy-encoder.js';

const passages = ['aab', 'abc', 'ccc', 'hhh', 'abc', ''].map((text, i) => ({ id: `p${i}`, text }));
const newFolder = () => mkdtemp(join(tmpdir(), 'dense-'));

describe('search', () => {
  test('by text and by vector: cosines, best first, equal ones in the order of indexing', async () => {
    const encoder = toyEncoder();
    const index = await DenseIndex.build(passages, encoder);
    const found = await index.search('abc', 3);
    expect(found.map(({ id }) => id)).toEqual(['p1', 'p4', 'p0']);
    const [vector] = await encoder.embed(['abc']);
    expect(await index.search(vector!, 3)).toEqual(found);
    expect(found[2]!.score).toBeCloseTo(dot(vector!, index.vector('p0')), 6);
    expect(await index.scores('abc', ['p0', 'p1'])).toEqual([found[2]!.score, found[0]!.score]);
    expect(await index.search('abc', 99)).toHaveLength(6);
    expect(await index.search('abc', 0)).toEqual([]);
  });

  test('more passages than one call of the encoder takes, from a stream', async () => {
    async function* stream() {
      for (let i = 0; i < 1300; i++) yield { id: String(i), text: 'abcdefgh'[i % 8]!.repeat(1 + (i % 3)) };
    }
    const index = await DenseIndex.build(stream(), toyEncoder());
    expect(index.size).toBe(1300);
    expect((await index.search(index.vector('1299'), 1))[0]!.score).toBeCloseTo(1, 6);
  });

  test('mistakes', async () => {
    const index = await DenseIndex.build(passages, toyEncoder());
    expect(() => index.vector('zz')).toThrow(expect.objectContaining({ code: 'unknown-id' }));
    await expect(index.search(Float32Array.of(1, 2), 1)).rejects.toThrow(RangeError);
    await expect(DenseIndex.build([], toyEncoder())).rejects.toMatchObject({ code: 'empty-corpus' });
    await expect(DenseIndex.build([passages[0]!, passages[0]!], toyEncoder())).rejects.toMatchObject({
      code: 'duplicate-id',
    });
    await expect(
      DenseIndex.build(passages, toyEncoder(), { signal: AbortSignal.abort() }),
    ).rejects.toMatchObject({ name: 'AbortError' });
  });
});

test('a saved index is loaded for the same encoder only', async () => {
  const folder = await newFolder();
  const index = await DenseIndex.build(passages, toyEncoder());
  await index.save(folder);
  const loaded = await DenseIndex.load(folder, toyEncoder());
  expect(await loaded.search('abc', 9)).toEqual(await index.search('abc', 9));
  await expect(DenseIndex.load(folder, toyEncoder('another'))).rejects.toMatchObject({ code: 'bad-file' });
});

describe('embeddings on disk', () => {
  test('no text is embedded twice, in this run or the next', async () => {
    const cacheFolder = await newFolder();
    const first = toyEncoder();
    const index = await DenseIndex.build(passages, first, { cacheFolder });
    expect(first.seen).toEqual(['aab', 'abc', 'ccc', 'hhh', '']);
    const second = toyEncoder();
    const again = await DenseIndex.build([...passages, { id: 'new', text: 'ggg' }], second, { cacheFolder });
    expect(second.seen).toEqual(['ggg']);
    for (const { id } of passages) expect(again.vector(id)).toEqual(index.vector(id));
    const other = toyEncoder('another');
    await DenseIndex.build(passages, other, { cacheFolder });
    expect(other.seen).toHaveLength(5);
  });

  test('within one open cache too', async () => {
    const inner = toyEncoder();
    await using cached = await cacheEmbeddings(inner, await newFolder());
    const [a] = await cached.embed(['aab', 'aab']);
    expect(await cached.embed(['aab'])).toEqual([a]);
    expect(inner.seen).toEqual(['aab']);
  });

  test('a cut or damaged end costs its own records only', async () => {
    const folder = await newFolder();
    const texts = ['a', 'b', 'c', 'd'];
    const fill = async () => {
      const inner = toyEncoder();
      await using cached = await cacheEmbeddings(inner, folder);
      expect(await cached.embed(texts)).toEqual(await toyEncoder().embed(texts));
      return inner.seen;
    };
    expect(await fill()).toEqual(texts);
    const file = join(folder, (await readdir(folder))[0]!);
    const { length } = await readFile(file);
    await truncate(file, length - 5);
    expect(await fill()).toEqual(['d']);
    expect(await fill()).toEqual([]);
    const bytes = await readFile(file);
    bytes[bytes.length - 10]! ^= 1;
    await writeFile(file, bytes);
    await appendFile(file, 'some other bytes');
    expect(await fill()).toEqual(['d']);
    expect(await fill()).toEqual([]);
  });

  test('a cache that is never disposed of leaves no open file to the garbage collector', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const warnings: string[] = [];
    const note = ({ message }: Error) => warnings.push(message);
    process.on('warning', note);
    await (async () => {
      const cached = await cacheEmbeddings(toyEncoder(), await newFolder());
      await cached.embed(['aab']);
    })();
    for (let i = 0; i < 10; i++) {
      collect();
      await setTimeout(10);
    }
    process.off('warning', note);
    expect(warnings).toEqual([]);
  });

  test('two open caches of one folder do not disturb each other', async () => {
    const folder = await newFolder();
    await using one = await cacheEmbeddings(toyEncoder(), folder);
    await using two = await cacheEmbeddings(toyEncoder(), folder);
    const texts = Array.from('abcdefgh');
    await Promise.all(texts.map((text, i) => (i % 2 ? one : two).embed([text])));
    const expected = await toyEncoder().embed(texts);
    expect(await one.embed(texts)).toEqual(expected);
    expect(await two.embed(texts)).toEqual(expected);
  });
});
