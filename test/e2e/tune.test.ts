import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RerankerCard } from '../../src/rerank/reranker-card.js';
import { tinyGguf } from '../fixtures/tiny-gguf.js';
import { rankforge } from './run-in-process.js';

let folder: string;
let model: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rankforge-tune-'));
  const passages = Array.from({ length: 8 }, (_, index) => ({
    _id: `p${index}`,
    text: `apples of kind ${index}`,
  }));
  const queries = Array.from({ length: 9 }, (_, index) => ({
    _id: `q${index}`,
    text: `kind ${index % 8} of apples`,
  }));
  const lines = (records: readonly object[]) =>
    records.map((record) => `${JSON.stringify(record)}\n`).join('');
  writeFileSync(join(folder, 'corpus.jsonl'), lines(passages));
  writeFileSync(join(folder, 'queries.jsonl'), lines(queries));
  mkdirSync(join(folder, 'qrels'));
  const qrels = queries.map(({ _id }, index) => `${_id}\tp${index % 8}\t1\n`);
  writeFileSync(join(folder, 'qrels', 'test.tsv'), `query-id\tcorpus-id\tscore\n${qrels.join('')}`);
  model = await tinyGguf();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const tune = (...more: string[]) =>
  rankforge([
    'tune',
    '--dataset',
    folder,
    '--model',
    model,
    '--threads',
    '1',
    '--context',
    '2048',
    '--encoder',
    'none',
    '--depth',
    '4',
    '--out',
    join(folder, 'card'),
    '--json',
    ...more,
  ]);

test('a model is tuned, and its card reranks', async () => {
  const first = await tune('--compare', 'likelihood,pointwise,first,setwise');
  expect(first.code, first.stderr).toBe(0);
  const result = JSON.parse(first.stdout);
  expect(result.queries).toEqual({ chosenOn: 6, measuredOn: 3 });
  expect(Object.keys(result.beside)).toEqual(['first-stage', 'bm25']);
  const card = RerankerCard.parse(JSON.parse(readFileSync(join(folder, 'card', 'card.json'), 'utf8')));
  expect(card).toMatchObject({ program: result.winner.method, comparator: result.winner.compare, depth: 4 });
  expect(card.figures[0]).toMatchObject({ measure: 'nDCG@10', value: expect.closeTo(result.value.mean, 3) });

  const run = join(folder, 'bm25.trec');
  expect((await rankforge(['retrieve', '--dataset', folder, '--out', run])).code).toBe(0);
  const reranked = await rankforge([
    'rerank',
    '--dataset',
    folder,
    '--run',
    run,
    '--reranker',
    join(folder, 'card'),
    '--threads',
    '1',
    '--context',
    '2048',
    '--out',
    join(folder, 'reranked.trec'),
    '--json',
  ]);
  expect(reranked.code, reranked.stderr).toBe(0);

  // All replies are in the ledger beside the card: the search again asks nothing new, and finds the same.
  const again = await tune('--compare', 'likelihood,pointwise,first,setwise');
  expect(JSON.parse(again.stdout)).toEqual(result);
});

test('a budget too small, and a comparator that does not exist, are told', async () => {
  const small = await tune('--budget-tokens', '10');
  expect(small.code).toBe(3);
  expect(JSON.parse(small.stdout).error).toMatchObject({ code: 'budget-exhausted' });
  const unknown = await tune('--compare', 'frist');
  expect(unknown.code).toBe(2);
  expect(JSON.parse(unknown.stdout).error).toMatchObject({ code: 'unknown-name' });
});

test.each([
  ['--compare', 'frist'],
  ['--model', 'qwne'],
  ['--measure', 'ndgc'],
])('%s is checked before a corpus is embedded', async (flag, name) => {
  const wrong = await tune('--encoder', './no-such-folder', flag, name);
  expect(JSON.parse(wrong.stdout).error).toMatchObject({ code: 'unknown-name', where: name });
});
