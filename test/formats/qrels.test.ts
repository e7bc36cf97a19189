import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Qrels } from '../../src/core/run.js';
import { readQrels, writeQrels } from '../../src/formats/qrels.js';
import { hasSharedData, sharedData } from '../shared-data.js';
import { folderOf, temporaryFolder } from './temporary-folder.js';

const expected: Qrels = new Map([
  [
    'q1',
    new Map([
      ['a', 2],
      ['b', -1],
    ]),
  ],
  ['q2', new Map([['a', 0]])],
]);

test.each([
  ['TREC', 'q1 0 a 2\nq1\tQ0\tb\t-1\r\n# a comment\n\nq2 0 a 0'],
  ['BEIR', 'query-id\tcorpus-id\tscore\nq1\ta\t2\nq1\tb\t-1\nq2\ta\t0\n'],
  ['BEIR without its header', 'q1\ta\t2\nq1\tb\t-1\nq2\ta\t0\n'],
  ['BEIR with decimals', 'query-id\tcorpus-id\tscore\nq1\ta\t2.0\nq1\tb\t-1\nq2\ta\t0\n'],
  ['three fields between spaces', 'q1 a 2\nq1 b -1\nq2 a 0\n'],
])('reads %s', async (_name, content) => {
  expect(await readQrels(join(folderOf({ 'a.txt': content }), 'a.txt'))).toEqual(expected);
});

test('BEIR ids may hold spaces and begin with #', async () => {
  const folder = folderOf({ 'a.tsv': 'query-id\tcorpus-id\tscore\n#1\ta b\t1\n' });
  expect(await readQrels(join(folder, 'a.tsv'))).toEqual(new Map([['#1', new Map([['a b', 1]])]]));
});

test.each([
  ['q1 0 a 2\nq1 0 b 1.5\n', 'bad-line', 2],
  ['q1\ta\thigh\nq1\tb\t1\n', 'bad-line', 1],
  ['q1 0 a 2\nq1 0 b\n', 'bad-line', 2],
  ['query-id\tcorpus-id\tscore\nq1\ta\t1\nq1\t\t1\n', 'bad-line', 3],
  ['query-id\tcorpus-id\tscore\nq1\ta\t1\nq1\tb\t1\t9\n', 'bad-line', 3],
  ['q1 0 a 2\nq1 0 b 0\nq1 0 a 1\n', 'duplicate-id', 3],
])('%j is %s on line %i', async (content, code, line) => {
  const path = join(folderOf({ 'a.txt': content }), 'a.txt');
  await expect(readQrels(path)).rejects.toMatchObject({ code, where: `${path}:${line}` });
  const bad: number[] = [];
  const kept = await readQrels(path, { onBadLine: (one) => bad.push(one.line) });
  expect(bad).toEqual([line]);
  expect(kept.get('q1')?.size).toBe(
    content.trim().split('\n').length - (content.startsWith('query-id') ? 2 : 1),
  );
});

test('what is written is read again, in both layouts', async () => {
  const folder = temporaryFolder();
  const id = fc.stringMatching(/^[a-z0-9é_-]{1,5}$/);
  const grades = fc.dictionary(id, fc.integer({ min: -2, max: 9 }), { minKeys: 1, maxKeys: 5 });
  await fc.assert(
    fc.asyncProperty(fc.dictionary(id, grades, { minKeys: 1, maxKeys: 4 }), async (record) => {
      const qrels: Qrels = new Map(
        Object.entries(record).map(([query, of]) => [query, new Map(Object.entries(of))]),
      );
      for (const name of ['a.tsv', 'a.qrels']) {
        await writeQrels(join(folder, name), qrels);
        expect(await readQrels(join(folder, name))).toEqual(qrels);
      }
    }),
    { numRuns: 40 },
  );
});

test('an id that does not fit is an error', async () => {
  const qrels: Qrels = new Map([['q', new Map([['a b', 1]])]]);
  const folder = temporaryFolder();
  await expect(writeQrels(join(folder, 'a.qrels'), qrels)).rejects.toMatchObject({
    code: 'unsupported',
    where: 'a b',
  });
  const comment: Qrels = new Map([['#1', new Map([['a', 1]])]]);
  await expect(writeQrels(join(folder, 'a.qrels'), comment)).rejects.toMatchObject({ where: '#1' });
  await writeQrels(join(folder, 'b.tsv'), comment);
  expect(await readQrels(join(folder, 'b.tsv'))).toEqual(comment);
  await writeQrels(join(folder, 'a.tsv'), qrels);
  expect(await readQrels(join(folder, 'a.tsv'))).toEqual(qrels);
});

test.skipIf(!hasSharedData('dl19'))(
  'TREC and BEIR files of DL19 say the same (needs shared data dl19)',
  async () => {
    const beir = await readQrels(sharedData('dl19', 'qrels', 'test.tsv'));
    expect(beir).toEqual(await readQrels(sharedData('dl19', 'qrels', 'qrels.dl19-passage.txt')));
    expect(beir.size).toBe(43);
  },
);
