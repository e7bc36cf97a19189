import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Passage } from '../../src/core/passage.js';
import { loadDataset } from '../../src/formats/dataset.js';
import { PassageStore } from '../../src/formats/passage-store.js';
import { temporaryFolder } from './temporary-folder.js';

const newPath = () => join(temporaryFolder(), 'deep', 'passages.tmp');

const anyPassages = fc.uniqueArray(
  fc.record(
    {
      id: fc.string({ minLength: 1 }),
      text: fc.string({ unit: 'grapheme', maxLength: 300 }),
      title: fc.string(),
      metadata: fc.dictionary(fc.string(), fc.oneof(fc.integer(), fc.string(), fc.constant(null))),
    },
    { requiredKeys: ['id', 'text'], noNullPrototype: true },
  ),
  { selector: ({ id }) => id, maxLength: 40 },
);

test('a store is the map of its passages, in memory, on disk, and when it moves half-way', async () => {
  await fc.assert(
    fc.asyncProperty(
      anyPassages,
      fc.integer({ min: 0, max: 4000 }),
      async (passages: Passage[], inMemory) => {
        const path = newPath();
        const map = new Map(passages.map((passage) => [passage.id, passage]));
        const characters = passages.reduce(
          (sum, { text, title = '' }) => sum + text.length + title.length,
          0,
        );
        {
          await using store = new PassageStore({ path, inMemory });
          for (const passage of passages) await store.add(passage);
          expect(store.isOnDisk).toBe(characters > inMemory);
          expect(store.size).toBe(map.size);
          expect([...store]).toEqual([...map]);
          expect([...store.keys()]).toEqual([...map.keys()]);
          for (const passage of passages.toReversed()) expect(store.get(passage.id)).toEqual(passage);
          expect([store.get('none of them '), store.has('none of them ')]).toEqual([undefined, false]);
          const seen: unknown[] = [];
          store.forEach((passage, id) => {
            seen.push([id, passage]);
          });
          expect(seen).toEqual([...map]);
        }
        expect(existsSync(path)).toBe(false);
      },
    ),
    { numRuns: 40 },
  );
});

test('what is written in several blocks is read in any order, and while more is added', async () => {
  await using store = new PassageStore({ path: newPath(), inMemory: 0 });
  const text = (i: number) => `${i} ${'é'.repeat(2000)}`;
  for (let i = 0; i < 1500; i++) {
    await store.add({ id: `p${i}`, text: text(i) });
    if (i % 100 === 0) expect(store.get(`p${Math.floor(i / 2)}`)!.text).toBe(text(Math.floor(i / 2)));
  }
  let at = 0;
  for (const { text: own } of store.values()) expect(own).toBe(text(at++));
  expect(at).toBe(1500);
});

test('an id given twice is refused, and a file that was written over is said to be', async () => {
  const path = newPath();
  await using store = new PassageStore({ path, inMemory: 0 });
  await store.add({ id: 'a', text: 'one' });
  await store.add({ id: 'b', text: 'two' });
  await expect(store.add({ id: 'a', text: 'three' })).rejects.toMatchObject({ code: 'duplicate-id' });
  expect(store.get('a')).toEqual({ id: 'a', text: 'one' });
  writeFileSync(path, readFileSync(path, 'utf8').replaceAll('"', '?'));
  expect(() => store.get('b')).toThrow(expect.objectContaining({ code: 'bad-file' }));
});

test('a dataset is the same from a store', async () => {
  await using store = new PassageStore({ path: newPath(), inMemory: 1000 });
  const plain = await loadDataset('datasets/handbook');
  const stored = await loadDataset('datasets/handbook', { store });
  expect(store.isOnDisk).toBe(true);
  expect([...stored.passages]).toEqual([...plain.passages]);
  expect(stored.counts).toEqual(plain.counts);
});
