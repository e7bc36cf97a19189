import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readRankings } from '../../src/formats/ranking-file.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rankforge-rankllm-'));
});
afterEach(() => rmSync(folder, { recursive: true }));
const file = (name: string, content: string | Uint8Array): string => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};

/** As RankLLM's writer has it: number ids stay numbers, and the documents stand beside. */
const record = (
  qid: string | number,
  candidates: readonly (readonly [string | number, number | null])[],
) => ({
  query: { text: 'what is it', qid },
  candidates: candidates.map(([docid, score]) => ({ docid, score, doc: { contents: 'text' } })),
});
const falling = record(264014, [
  [4834547, 15.78],
  ['MARCO_2', 15.1],
]);
const kept = record('q2', [
  ['a', 3],
  ['b', 9],
  ['c', 9],
]);
const expected = new Map([
  [
    '264014',
    [
      { id: '4834547', score: 15.78 },
      { id: 'MARCO_2', score: 15.1 },
    ],
  ],
  // The order is the ranking; scores that do not fall are the first stage's.
  [
    'q2',
    [
      { id: 'a', score: 1 },
      { id: 'b', score: 1 / 2 },
      { id: 'c', score: 1 / 3 },
    ],
  ],
]);
const lines = `${JSON.stringify(falling)}\n\n${JSON.stringify(kept)}\n`;

test.each([
  ['lines', 'results.jsonl', lines],
  ['an indented array', 'results.json', JSON.stringify([falling, kept], undefined, 2)],
  ['lines, zipped', 'results.jsonl.gz', gzipSync(lines)],
  ['an array, zipped, of another name', 'results.out.gz', gzipSync(JSON.stringify([falling, kept]))],
])('%s give the recorded orders', async (_what, name, content) => {
  expect(await readRankings(file(name, content))).toEqual(expected);
});

test('a TREC run is told from them', async () => {
  const run = await readRankings(file('run.json', 'q1 Q0 p2 1 3.5 tag\nq1 Q0 p1 2 1 tag\n'));
  expect(run.get('q1')!.map(({ id }) => id)).toEqual(['p2', 'p1']);
});

test.each([
  ['a query twice', `${lines}${JSON.stringify(kept)}\n`, 'duplicate-id', /:4/],
  [
    'a passage twice',
    JSON.stringify([
      record('q', [
        ['a', 2],
        ['a', 1],
      ]),
    ]),
    'duplicate-id',
    /record 1/,
  ],
  ['no qid', '{"query": {"text": "x"}, "candidates": []}\n', 'bad-line', /:1/],
  [
    'NaN, as Python writes it',
    '[{"query": {"qid": "q"}, "candidates": [{"docid": "a", "score": NaN}]}]',
    'bad-file',
    /f\.json/,
  ],
  ['an array of something else', '[1]', 'bad-file', /record 1/],
])('%s is an error that says where', async (_what, content, code, where) => {
  await expect(readRankings(file('f.json', content))).rejects.toMatchObject({
    code,
    where: expect.stringMatching(where),
  });
});

test('bad records are set aside where that is asked for', async () => {
  const bad: number[] = [];
  const run = await readRankings(file('f.jsonl', `${lines}{"query": 1}\n`), {
    onBadLine: ({ line }) => bad.push(line),
  });
  expect([...run.keys()]).toEqual(['264014', 'q2']);
  expect(bad).toEqual([4]);
});
