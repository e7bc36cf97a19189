import { existsSync, truncateSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { collect } from '../../src/core/collect.js';
import { createDiskCorpus } from '../../src/generate/disk-corpus.js';
import { anyText } from './hygiene/any-text.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'disk-corpus-'));
});
afterAll(() => rm(folder, { recursive: true }));

test('gives back what it was given, whatever the text, and the first of one id', async () => {
  const passage = fc.record(
    { id: anyText(4), text: anyText(), title: anyText(), metadata: fc.dictionary(fc.string(), fc.integer()) },
    { requiredKeys: ['id', 'text'] },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(passage, { maxLength: 30 }), async (passages) => {
      await using corpus = await createDiskCorpus(join(folder, 'any'));
      expect(await collect(corpus.keep(passages))).toEqual(passages);
      const first = new Map<string, unknown>();
      for (const each of passages) if (!first.has(each.id)) first.set(each.id, each);
      expect(corpus.ids).toEqual([...first.keys()]);
      for (const [id, each] of first) expect(await corpus.get(id)).toEqual(each);
      expect(await corpus.get('not there, surely')).toBeUndefined();
    }),
    { numRuns: 40 },
  );
  expect(existsSync(join(folder, 'any'))).toBe(false);
});

test('a file that was cut is said to be damaged, and not read as a passage', async () => {
  await using corpus = await createDiskCorpus(join(folder, 'cut'));
  await collect(
    corpus.keep([
      { id: 'a', text: 'x'.repeat(2 << 20) },
      { id: 'b', text: 'y' },
    ]),
  );
  truncateSync(join(folder, 'cut'), 1000);
  await expect(corpus.get('a')).rejects.toMatchObject({ code: 'bad-file' });
});

test('a folder that cannot be is a typed error', async () => {
  await expect(createDiskCorpus('/dev/null/corpus')).rejects.toMatchObject({ code: 'missing-file' });
});
