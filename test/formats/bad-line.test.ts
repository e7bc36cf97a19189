import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openBadLineFile } from '../../src/formats/bad-line.js';
import { loadDataset } from '../../src/formats/dataset.js';
import { readLines } from '../../src/formats/read-lines.js';
import { collect, folderOf } from './temporary-folder.js';

test('bad lines of every file are counted and written aside with where, why and their content', async () => {
  const folder = folderOf({
    'corpus.jsonl': Buffer.concat([
      Buffer.from('{"_id":"1","text":"one"}\n{"_id":"2",\n{"_id":"1","text":"again"}\n'),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('\n{"_id":"5","text":5}\n'),
    ]),
    'queries.jsonl': '{"_id":"q","text":"?"}\nnull\n',
    'qrels/test.tsv': 'query-id\tcorpus-id\tscore\nq\t1\t1\nq\t1\nq\t1\t2\n',
  });
  const aside = join(folder, 'out', 'bad-lines.jsonl');
  using bad = openBadLineFile(aside);
  expect(existsSync(aside)).toBe(false);
  const dataset = await loadDataset(folder, { onBadLine: bad.onBadLine });
  expect([...dataset.passages.keys()]).toEqual(['1']);
  expect(dataset.counts).toMatchObject({ badLines: 7, passages: 1, queries: 1, judgements: 1 });
  expect(bad.count).toBe(7);
  const records = (await collect(readLines(aside))).map(
    ({ text }) => JSON.parse(text) as Record<string, string>,
  );
  expect(records.map(({ where, code }) => [where!.slice(folder.length + 1), code])).toEqual([
    ['corpus.jsonl:2', 'bad-line'],
    ['corpus.jsonl:3', 'duplicate-id'],
    ['corpus.jsonl:4', 'bad-line'],
    ['corpus.jsonl:5', 'bad-line'],
    ['queries.jsonl:2', 'bad-line'],
    ['qrels/test.tsv:3', 'bad-line'],
    ['qrels/test.tsv:4', 'duplicate-id'],
  ]);
  expect(records[0]!.text).toBe('{"_id":"2",');
  expect(Buffer.from(records[2]!.base64!, 'base64')).toEqual(Buffer.from([0xff, 0xfe]));
});

test.skipIf(!existsSync('/dev/full'))('a full disk stops reading (needs /dev/full)', async () => {
  const path = join(folderOf({ 'a.txt': 'a\0b\n' }), 'a.txt');
  using bad = openBadLineFile('/dev/full');
  await expect(collect(readLines(path, { onBadLine: bad.onBadLine }))).rejects.toMatchObject({
    code: 'disk-full',
  });
  expect(readFileSync(path, 'utf8')).toBe('a\0b\n');
});
