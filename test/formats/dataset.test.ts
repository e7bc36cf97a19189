import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { exitCode } from '../../src/core/errors.js';
import { readCorpus, readQueries, writeCorpus, writeQueries } from '../../src/formats/beir.js';
import { listSplits, loadDataset } from '../../src/formats/dataset.js';
import { hasSharedData, sharedData } from '../shared-data.js';
import { collect, folderOf, temporaryFolder, withoutRoot } from './temporary-folder.js';

const corpus = '{"_id":"1","title":"T","text":"one"}\n{"_id":"2","title":"","text":"two"}\n';
const queries = '{"_id":"q1","text":"first?"}\n{"_id":"q2","text":"second?","metadata":{"k":1}}\n';
const header = 'query-id\tcorpus-id\tscore\n';

test('a folder in BEIR layout, zipped or not', async () => {
  const files = {
    queries,
    'qrels/test.tsv': `${header}q2\t1\t2\nq2\t2\t0\n`,
    'qrels/train.tsv.gz': `${header}q1\t2\t1\n`,
  };
  const plain = folderOf({ ...files, 'corpus.jsonl': corpus, 'queries.jsonl': queries });
  const zipped = folderOf({ ...files, 'corpus.jsonl.gz': corpus, 'queries.jsonl.gz': queries });
  const dataset = await loadDataset(plain);
  expect([...dataset.passages.values()]).toEqual([
    { id: '1', title: 'T', text: 'one' },
    { id: '2', text: 'two' },
  ]);
  expect([...dataset.queries.values()]).toEqual([{ id: 'q2', text: 'second?', metadata: { k: 1 } }]);
  expect(dataset.qrels).toEqual(
    new Map([
      [
        'q2',
        new Map([
          ['1', 2],
          ['2', 0],
        ]),
      ],
    ]),
  );
  expect({ ...(await loadDataset(zipped)), name: '' }).toEqual({ ...dataset, name: '' });
  expect([...(await loadDataset(zipped, { split: 'train' })).queries.keys()]).toEqual(['q1']);
  const whole = await loadDataset(plain, { everyQuery: true });
  expect([[...whole.queries.keys()], [...whole.qrels.keys()]]).toEqual([['q1', 'q2'], ['q2']]);
  expect(listSplits(plain)).toEqual(['test', 'train']);
});

test('a corpus alone is enough, with plain ids and numbers as ids', async () => {
  const folder = folderOf({
    'corpus.jsonl': '{"id":7,"text":"one","other":true}\n\n{"id":"8","text":"","title":null}\n',
  });
  const dataset = await loadDataset(folder);
  expect([...dataset.passages.values()]).toEqual([
    { id: '7', text: 'one' },
    { id: '8', text: '' },
  ]);
  expect([dataset.split, dataset.queries.size, dataset.qrels.size]).toEqual([undefined, 0, 0]);
  expect(await collect(readCorpus(join(folder, 'corpus.jsonl')))).toHaveLength(2);
});

describe('bad input is a typed error that names where', () => {
  const cases: [string, Record<string, string>, Parameters<typeof loadDataset>[1], string, string, RegExp][] =
    [
      [
        'no corpus',
        { 'queries.jsonl': queries },
        {},
        'missing-file',
        '',
        /no corpus\.jsonl or corpus\.jsonl\.gz/,
      ],
      ['an empty corpus', { 'corpus.jsonl': '\n' }, {}, 'empty-corpus', '/corpus.jsonl', /no passage/],
      ['bad JSON', { 'corpus.jsonl': `${corpus}{"_id":` }, {}, 'bad-line', '/corpus.jsonl:3', /not JSON/],
      ['a missing text', { 'corpus.jsonl': '{"_id":"1"}' }, {}, 'bad-line', '/corpus.jsonl:1', /text/],
      ['no id', { 'corpus.jsonl': '{"text":"x"}' }, {}, 'bad-line', '/corpus.jsonl:1', /"_id" or "id"/],
      ['no object', { 'corpus.jsonl': '[1]' }, {}, 'bad-line', '/corpus.jsonl:1', /expected object/],
      [
        'an id twice',
        { 'corpus.jsonl': `${corpus}\n${corpus}` },
        {},
        'duplicate-id',
        '/corpus.jsonl:4',
        /"1" stands on line 1 already/,
      ],
      [
        'queries that are judged but missing',
        { 'corpus.jsonl': corpus, 'qrels/test.tsv': `${header}q1\t1\t1\n` },
        {},
        'missing-file',
        '',
        /no queries\.jsonl/,
      ],
      [
        'a judged passage that is not there',
        {
          'corpus.jsonl': corpus,
          'queries.jsonl': queries,
          'qrels/test.tsv': `${header}q1\t1\t1\nq1\t3\t1\nq2\t4\t1\n`,
        },
        {},
        'unknown-id',
        '/qrels/test.tsv:3',
        /passage "3" is not in .*corpus\.jsonl \(the first of 2/,
      ],
      [
        'one whose id is also a grade',
        {
          'corpus.jsonl': corpus,
          'queries.jsonl': queries,
          'qrels/test.tsv': `${header}q1\t1\t3\nq1\t2\t3\nq1\t3\t1\nq2\t4\t1\n`,
        },
        {},
        'unknown-id',
        '/qrels/test.tsv:4',
        /passage "3" is not in .*corpus\.jsonl \(the first of 2/,
      ],
      [
        'one whose id holds a space',
        {
          'corpus.jsonl': corpus,
          'queries.jsonl': queries,
          'qrels/test.tsv': `${header}q1\t1\t1\nq1\tx y\t1\n`,
        },
        {},
        'unknown-id',
        '/qrels/test.tsv:3',
        /passage "x y" is not in/,
      ],
      [
        'a judged query that is not there',
        { 'corpus.jsonl': corpus, 'queries.jsonl': queries, 'qrels/test.tsv': `${header}q9\t1\t1\n` },
        {},
        'unknown-id',
        '/qrels/test.tsv:2',
        /query "q9" is not in .*queries\.jsonl/,
      ],
      [
        'a bad judgement',
        { 'corpus.jsonl': corpus, 'queries.jsonl': queries, 'qrels/test.tsv': `${header}q1\t1\thigh\n` },
        {},
        'bad-line',
        '/qrels/test.tsv:2',
        /no judgement/,
      ],
      [
        'a split that is not there',
        { 'corpus.jsonl': corpus, 'queries.jsonl': queries, 'qrels/dev.tsv': `${header}q1\t1\t1\n` },
        { split: 'train' },
        'missing-file',
        '/qrels/train.tsv',
        /no split "train"/,
      ],
    ];
  test.each(cases)('%s', async (_name, files, options, code, where, message) => {
    const folder = folderOf(files);
    const error: unknown = await loadDataset(folder, options).catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      code,
      where: `${folder}${where}`,
      message: expect.stringMatching(message),
    });
    expect((error as { hint: string }).hint.length).toBeGreaterThan(10);
    expect(exitCode(error)).toBe(1);
  });

  test('a folder that is not there', async () => {
    await expect(loadDataset('/no/such/folder')).rejects.toMatchObject({ code: 'missing-file' });
  });

  test.skipIf(!process.seteuid)('a file without read permission (needs POSIX users)', async () => {
    const folder = folderOf({ 'corpus.jsonl': corpus });
    chmodSync(folder, 0o755);
    chmodSync(join(folder, 'corpus.jsonl'), 0);
    await withoutRoot(async () => {
      await expect(loadDataset(folder)).rejects.toMatchObject({ code: 'no-permission' });
    });
  });
});

test('unknown ids are counted where the corpus is a pool, and their judgements kept', async () => {
  const folder = folderOf({
    'corpus.jsonl': corpus,
    'queries.jsonl': queries,
    'qrels/test.tsv': `${header}q1\t1\t1\nq1\t3\t2\nq9\t1\t1\n`,
  });
  const dataset = await loadDataset(folder, { unknownIds: 'count' });
  expect(dataset.counts).toMatchObject({ unknownPassages: 1, unknownQueries: 1, judgements: 2 });
  expect(dataset.qrels).toEqual(
    new Map([
      [
        'q1',
        new Map([
          ['1', 1],
          ['3', 2],
        ]),
      ],
    ]),
  );
});

test('what is written is read again', async () => {
  const folder = temporaryFolder();
  const passages = [
    { id: '1', title: 'T', text: 'line\nbreak\u2028 "quoted" é' },
    { id: 'b', text: '', metadata: { a: [1] } },
  ];
  const asked = [{ id: 'q', text: 'x?', instruction: 'only y' }];
  await writeCorpus(join(folder, 'corpus.jsonl'), passages);
  await writeQueries(join(folder, 'queries.jsonl'), asked);
  expect(await collect(readCorpus(folder))).toEqual(passages);
  expect(await collect(readQueries(folder))).toEqual(asked);
});

const published = [
  { name: 'scifact', counts: { passages: 5183, queries: 300, judgements: 339, unknownPassages: 0 } },
  { name: 'scifact', split: 'train', counts: { queries: 809, judgements: 919, unknownPassages: 0 } },
  { name: 'nfcorpus', split: 'train', counts: { passages: 3633, queries: 2590, judgements: 110_575 } },
  { name: 'cranfield', counts: { passages: 1400, queries: 225, judgements: 1837, unknownPassages: 0 } },
  { name: 'cosqa', split: 'dev', counts: { passages: 6267, queries: 500, judgements: 500 } },
  { name: 'dl19', counts: { passages: 10_852, queries: 43, judgements: 9260, unknownPassages: 9260 - 3834 } },
];
for (const { name, split, counts } of published) {
  test.skipIf(!hasSharedData(name))(
    `${name} ${split ?? ''} has the published counts (needs shared data)`,
    async () => {
      const { counts: found } = await loadDataset(sharedData(name), { unknownIds: 'count', split });
      expect(found).toMatchObject({ ...counts, badLines: 0 });
    },
  );
}

test('memory stays flat over a large corpus', { timeout: 60_000 }, async () => {
  const path = join(temporaryFolder(), 'corpus.jsonl');
  const text = 'a passage of some length. '.repeat(20);
  const total = 240_000;
  await writeCorpus(
    path,
    (function* () {
      for (let i = 0; i < total; i++) yield { id: `passage-${i}`, text };
    })(),
  );
  const peaks = [0, 0];
  let count = 0;
  for await (const passage of readCorpus(path)) {
    if (passage.text === text) count++;
    const half = count <= total / 2 ? 0 : 1;
    if (count % 5000 === 0) peaks[half] = Math.max(peaks[half]!, process.memoryUsage().rss);
  }
  expect(count).toBe(total);
  // Each half is 67 MB. The index of ids doubles to 6 MB; the rest that may grow is garbage not yet collected.
  expect(peaks[1]! - peaks[0]!).toBeLessThan(40e6);
});
