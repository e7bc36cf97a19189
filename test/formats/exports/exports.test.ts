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
    passage('n1', 'no\tgood\r\n\u2028at all', { teacherScore: -1 }),
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
const negative = 'no\tgood\r\n\u2028at all';

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
  expect(counts).toEqual({ collection: 4, queries: 2, qrels: 5, triples: 4, tripleIds: 4 });
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  expect(read('collection.tsv')).toBe('n1\tno good at all\np2\tpartly\np3\tT fully\nn2\ton the topic\n');
  expect(read('queries.tsv')).toBe('q1\thow? in short\nq2\twhy?\n');
  expect(read('triples.tsv').split('\n')[0]).toBe('how? in short\tT fully\tno good at all');
  expect(read('triples.ids.tsv').split('\n')[0]).toBe('q1\tp3\tn1');
  expect(await readQrels(join(folder, 'qrels.tsv'))).toEqual(
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
    'qrels.tsv',
    'queries.tsv',
    'triples.ids.tsv',
    'triples.tsv',
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
