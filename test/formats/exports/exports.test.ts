import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Example, ExamplePassage } from '../../../src/core/example.js';
import { exportMsMarco } from '../../../src/formats/exports/msmarco.js';
import {
  exportSentenceTransformers,
  type SentenceTransformersShape,
} from '../../../src/formats/exports/sentence-transformers.js';
import { readQrels } from '../../../src/formats/qrels.js';
import { temporaryFolder } from '../temporary-folder.js';

const passage = (id: string, text: string, more: Partial<ExamplePassage> = {}): ExamplePassage => ({
  passage: { id, text },
  grade: 0,
  kind: 'hard-negative',
  origin: 'mined:bm25',
  ...more,
});

const first: Example = {
  query: { id: 'q1', text: 'how?', instruction: 'in short' },
  passages: [
    passage('n1', 'no\tgood\r\n\u2028\0at all', { teacherScore: -1 }),
    passage('p2', 'partly', { grade: 2, kind: 'positive', teacherScore: 0.5 }),
    {
      ...passage('p3', 'fully', { grade: 3, kind: 'positive', teacherScore: 2 }),
      passage: { id: 'p3', title: 'T', text: 'fully' },
    },
    passage('n2', 'on the topic', { grade: 1 }),
  ],
  split: 'train',
  ledgerKeys: [],
};
const second: Example = {
  query: { id: 'q2', text: 'why?' },
  passages: [passage('p2', 'partly')],
  split: 'train',
  ledgerKeys: [],
};

async function rowsOf(shape: SentenceTransformersShape): Promise<unknown[]> {
  const path = join(temporaryFolder(), 'rows.jsonl');
  const count = await exportSentenceTransformers(path, [first, second], { shape });
  const lines = readFileSync(path, 'utf8').split('\n');
  expect(lines.pop()).toBe('');
  expect(lines).toHaveLength(count);
  return lines.map((line) => JSON.parse(line) as unknown);
}

const anchor = 'how? in short';
const negative = 'no\tgood\r\n\u2028\0at all';

test('sentence-transformers shapes', async () => {
  expect(await rowsOf('pairs')).toEqual([
    { anchor, positive: 'T\nfully' },
    { anchor, positive: 'partly' },
  ]);
  expect(await rowsOf('triplets')).toEqual([
    { anchor, positive: 'T\nfully', negative },
    { anchor, positive: 'T\nfully', negative: 'on the topic' },
    { anchor, positive: 'partly', negative },
    { anchor, positive: 'partly', negative: 'on the topic' },
  ]);
  expect(await rowsOf('listwise')).toEqual([
    { query: anchor, docs: [negative, 'partly', 'T\nfully', 'on the topic'], labels: [0, 2, 3, 1] },
    { query: 'why?', docs: ['partly'], labels: [0] },
  ]);
  expect((await rowsOf('scored'))[1]).toEqual({ sentence1: anchor, sentence2: 'partly', score: 2 / 3 });
  expect(await rowsOf('margins')).toEqual([
    { anchor, positive: 'T\nfully', negative, score: 3 },
    { anchor, positive: 'partly', negative, score: 1.5 },
  ]);
});

test('scores are written as decimals, so that every reader types the column alike', async () => {
  const path = join(temporaryFolder(), 'rows.jsonl');
  await exportSentenceTransformers(path, [first], { shape: 'scored' });
  const scores = readFileSync(path, 'utf8').match(/"score":[^}]*/g);
  expect(scores).toEqual(['"score":0.0', `"score":${2 / 3}`, '"score":1.0', `"score":${1 / 3}`]);
});

test('MS MARCO: one line a record whatever the text holds, shared passages once, all grades', async () => {
  const folder = temporaryFolder();
  const counts = await exportMsMarco(folder, [first, second]);
  expect(counts).toEqual({
    'collection.tsv': 4,
    'queries.train.tsv': 2,
    'qrels.train.tsv': 5,
    'triples.train.tsv': 4,
    'triples.ids.train.tsv': 4,
  });
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  expect(read('collection.tsv')).toBe('n1\tno good at all\np2\tpartly\np3\tT fully\nn2\ton the topic\n');
  expect(read('queries.train.tsv')).toBe('q1\thow? in short\nq2\twhy?\n');
  expect(read('triples.train.tsv').split('\n')[0]).toBe('how? in short\tT fully\tno good at all');
  expect(read('triples.ids.train.tsv').split('\n')[0]).toBe('q1\tp3\tn1');
  expect(await readQrels(join(folder, 'qrels.train.tsv'))).toEqual(
    new Map([
      [
        'q1',
        new Map([
          ['n1', 0],
          ['p2', 2],
          ['p3', 3],
          ['n2', 1],
        ]),
      ],
      ['q2', new Map([['p2', 0]])],
    ]),
  );
  expect(readdirSync(folder).sort()).toEqual([
    'collection.tsv',
    'qrels.train.tsv',
    'queries.train.tsv',
    'triples.ids.train.tsv',
    'triples.train.tsv',
  ]);
});

test('MS MARCO: an id with a space is an error and leaves no file', async () => {
  const folder = temporaryFolder();
  const bad: Example = { ...second, passages: [passage('a b', 'x')] };
  await expect(exportMsMarco(folder, [first, bad])).rejects.toMatchObject({
    code: 'unsupported',
    where: 'a b',
  });
  expect(readdirSync(folder)).toEqual([]);
});

test('MS MARCO: an id that stands for two texts is an error', async () => {
  const other: Example = { ...second, passages: [passage('n1', 'another text')] };
  await expect(exportMsMarco(temporaryFolder(), [first, other])).rejects.toMatchObject({
    code: 'duplicate-id',
    where: 'n1',
  });
});

test('n-tuples: as many negatives as asked for, drawn by the seed, and none where there are too few', async () => {
  const rows = async (seed: number, negatives: number) => {
    const path = join(temporaryFolder(), 'rows.jsonl');
    await exportSentenceTransformers(path, [first, second], { shape: 'tuples', seed, negatives });
    return readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, string>);
  };
  const two = await rows(1, 2);
  expect(two.map(Object.keys)).toEqual([1, 2].map(() => ['anchor', 'positive', 'negative_1', 'negative_2']));
  for (const row of two)
    expect([row.negative_1, row.negative_2].sort()).toEqual([negative, 'on the topic'].sort());
  expect(await rows(1, 2)).toEqual(two);
  expect(await rows(1, 3)).toEqual([]);
  const drawn = await Promise.all(
    [1, 2, 3, 4, 5, 6].map(async (seed) => (await rows(seed, 1))[0]!.negative_1),
  );
  expect(new Set(drawn).size).toBe(2);
});
