import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { collect } from '../../../src/core/collect.js';
import type { BadLine } from '../../../src/formats/bad-line.js';
import { exportExamples } from '../../../src/formats/exports/export-examples.js';
import type { ImportOptions } from '../../../src/formats/exports/export-format.js';
import type { ExportFormatName } from '../../../src/formats/exports/formats.js';
import { importExamples } from '../../../src/formats/exports/import-examples.js';
import { folderOf, temporaryFolder } from '../temporary-folder.js';
import { sampleSet } from './sample-set.js';

const row = (value: unknown): string => `${JSON.stringify(value)}\n`;
const pair = (anchor: string, positive: string): string => row({ anchor, positive });
const turns = (prompt: string, reply: string) => ({
  id: 'q',
  conversations: [
    { from: 'system', value: '' },
    { from: 'human', value: prompt },
    { from: 'gpt', value: reply },
  ],
});
const asked = '[A] one\n[B] two\n\nSearch Query: what.\nRank them.';
const messages = (prompt: string, reply: string) => ({
  messages: [
    { role: 'user', content: prompt },
    { role: 'assistant', content: reply },
  ],
});
const collection = { 'collection.tsv': 'p1\tone\np2\ttwo\n', 'queries.train.tsv': 'q1\twhat\nq2\twho\n' };

interface BadFile {
  readonly what: string;
  readonly format: ExportFormatName;
  readonly files: Readonly<Record<string, string>>;
  readonly code: string;
  /** File and line. */
  readonly where: string;
  /** Examples that are left where bad lines are skipped. */
  readonly left: number;
  readonly options?: ImportOptions;
}

const bad: readonly BadFile[] = [
  {
    what: 'a line that is cut off',
    format: 'sentence-transformers-pairs',
    files: { 'train.jsonl': `${pair('a', 'b')}{"anchor": "c", "posi\n${pair('d', 'e')}` },
    code: 'bad-line',
    where: 'train.jsonl:2',
    left: 2,
  },
  {
    what: 'lines of a query that are apart',
    format: 'sentence-transformers-pairs',
    files: { 'train.jsonl': pair('a', 'b') + pair('c', 'd') + pair('a', 'e') },
    code: 'duplicate-id',
    where: 'train.jsonl:3',
    left: 2,
  },
  {
    what: 'a negative that is no text',
    format: 'sentence-transformers-tuples',
    files: { 'train.jsonl': row({ anchor: 'a', positive: 'b', negative_1: 5 }) },
    code: 'bad-line',
    where: 'train.jsonl:1',
    left: 0,
  },
  {
    what: 'a score above 1',
    format: 'sentence-transformers-scored',
    files: { 'dev.jsonl': row({ sentence1: 'a', sentence2: 'b', score: 7 }) },
    code: 'bad-line',
    where: 'dev.jsonl:1',
    left: 0,
  },
  {
    what: 'a label too few',
    format: 'sentence-transformers-listwise',
    files: { 'train.jsonl': row({ query: 'a', docs: ['b', 'c'], labels: [3] }) },
    code: 'bad-line',
    where: 'train.jsonl:1',
    left: 0,
  },
  {
    what: 'a score too few',
    format: 'flag-embedding',
    files: {
      'train.jsonl': row({ query: 'a', pos: ['b'], neg: ['c', 'd'], pos_scores: [1], neg_scores: [2] }),
    },
    code: 'bad-line',
    where: 'train.jsonl:1',
    left: 0,
  },
  {
    what: 'a passage without text',
    format: 'tevatron',
    files: {
      'train.jsonl': `\n${row({ query_id: 'q', query: 'a', positive_passages: [{ docid: 'p' }], negative_passages: [] })}`,
    },
    code: 'bad-line',
    where: 'train.jsonl:2',
    left: 0,
  },
  {
    what: 'a reply that ranks nothing, in the second record of an array over several lines',
    format: 'rankllm',
    files: { 'train.json': JSON.stringify([turns(asked, '[B] > [A]'), turns(asked, 'I cannot.')], null, 2) },
    code: 'bad-line',
    where: 'train.json:19',
    left: 1,
  },
  {
    what: 'an array that ends too early',
    format: 'rankllm',
    files: { 'train.json': `[${JSON.stringify(turns(asked, '[B] > [A]'))},\n{"id": "r", "conv` },
    code: 'bad-line',
    where: 'train.json:2',
    left: 1,
  },
  {
    what: 'a reply with a label that no passage has',
    format: 'sft',
    files: { 'train.jsonl': row(messages(asked, '[B] > [C]')) },
    code: 'bad-line',
    where: 'train.jsonl:1',
    left: 0,
  },
  {
    what: 'a prompt without passages',
    format: 'dpo',
    files: {
      'train.jsonl': row({
        prompt: [{ role: 'user', content: 'hello' }],
        chosen: [{ role: 'assistant', content: '[A] > [B]' }],
        rejected: [{ role: 'assistant', content: '[B] > [A]' }],
      }),
    },
    code: 'bad-line',
    where: 'train.jsonl:1',
    left: 0,
  },
  {
    what: 'a judgement of an unknown passage',
    format: 'msmarco',
    files: { ...collection, 'qrels.train.tsv': 'q1\t0\tp1\t3\nq2\t0\tp9\t1\n' },
    code: 'unknown-id',
    where: 'qrels.train.tsv:2',
    left: 2,
  },
  {
    what: 'a grade of another scale',
    format: 'msmarco',
    files: { ...collection, 'qrels.train.tsv': 'q1\t0\tp1\t3\nq2\t0\tp2\t9\n' },
    code: 'bad-line',
    where: 'qrels.train.tsv:2',
    left: 2,
  },
  {
    what: 'a text without an id',
    format: 'msmarco',
    files: { ...collection, 'queries.train.tsv': 'q1\twhat\nwho\n', 'qrels.train.tsv': 'q1\t0\tp1\t3\n' },
    code: 'bad-line',
    where: 'queries.train.tsv:2',
    left: 1,
  },
  {
    what: 'a judgement of an unknown query',
    format: 'beir',
    files: {
      'corpus.jsonl': row({ _id: 'p1', text: 'one' }),
      'queries.jsonl': row({ _id: 'q1', text: 'what' }),
      'qrels/test.tsv': 'query-id\tcorpus-id\tscore\nq1\tp1\t1\nq7\tp1\t1\n',
    },
    code: 'unknown-id',
    where: 'qrels/test.tsv:3',
    left: 1,
  },
  {
    what: 'a passage that the corpus does not have',
    format: 'llamaindex',
    files: { 'train.json': row({ queries: { q: 'what' }, corpus: {}, relevant_docs: { q: ['p'] } }) },
    code: 'unknown-id',
    where: 'train.json:1',
    left: 1,
  },
];

describe.each(bad)('$format: $what', ({ format, files, code, where, left, options }) => {
  test('is an error that names the line', async () => {
    const folder = folderOf(files);
    const reading = collect(importExamples(format, pathOf(folder, files), options));
    await expect(reading).rejects.toMatchObject({
      code,
      where: expect.stringContaining(join(folder, where)),
    });
  });

  test('is set aside where bad lines are skipped', async () => {
    const folder = folderOf(files);
    const skipped: BadLine[] = [];
    const onBadLine = (one: BadLine) => skipped.push(one);
    const examples = await collect(importExamples(format, pathOf(folder, files), { ...options, onBadLine }));
    expect(examples).toHaveLength(left);
    expect(skipped.map(({ error }) => error.where)).toEqual([join(folder, where)]);
  });
});

/** A folder has to have the names of splits; a file of another name is named itself. */
const pathOf = (folder: string, files: BadFile['files']): string =>
  'dev.jsonl' in files ? join(folder, 'dev.jsonl') : folder;

test('Parquet: a file that is none, one that is cut short, and rows that are no examples', async () => {
  const folder = temporaryFolder();
  await exportExamples(() => sampleSet(), ['parquet'], folder);
  const path = join(folder, 'parquet', 'train.parquet');
  expect(await collect(importExamples('parquet', path))).toHaveLength(8);
  writeFileSync(path, 'PAR1 no more than that');
  await expect(collect(importExamples('parquet', path))).rejects.toMatchObject({
    code: 'bad-file',
    where: path,
  });
  const other = sampleSet().map((example) => ({ ...example, query: { ...example.query, id: '' } }));
  await exportExamples(() => other, ['parquet'], folder);
  await expect(collect(importExamples('parquet', path))).rejects.toMatchObject({
    code: 'bad-line',
    where: `${path}:1`,
  });
});

test('a name tells the split, and an option goes before it', async () => {
  const folder = folderOf({ 'my-dev-set.jsonl': pair('a', 'b'), 'rows.jsonl': pair('c', 'd') });
  const split = async (name: string, options: ImportOptions = {}) =>
    (await collect(importExamples('sentence-transformers-pairs', join(folder, name), options)))[0]!.split;
  expect(await split('my-dev-set.jsonl')).toBe('validation');
  expect(await split('rows.jsonl')).toBe('train');
  expect(await split('rows.jsonl', { split: 'test' })).toBe('test');
});

test('what is not there is said', async () => {
  const folder = folderOf({ 'rows.jsonl': pair('a', 'b') });
  const fails = (format: ExportFormatName, path: string) => collect(importExamples(format, path));
  await expect(fails('tevatron', folder)).rejects.toMatchObject({ code: 'missing-file', where: folder });
  await expect(fails('tevatron', join(folder, 'none'))).rejects.toMatchObject({ code: 'missing-file' });
  await expect(fails('msmarco', folder)).rejects.toMatchObject({ code: 'missing-file', where: folder });
  await expect(fails('trec', folder)).rejects.toMatchObject({ code: 'usage', where: folder });
});

test('judgements that say relevant or not', async () => {
  const folder = folderOf({
    ...collection,
    'qrels.dev.tsv': 'q1\t0\tp1\t1\nq1\t0\tp2\t0\n',
    'queries.dev.tsv': 'q1\twhat\n',
  });
  const [example] = await collect(importExamples('msmarco', folder, { binary: true }));
  expect(example).toMatchObject({ split: 'validation', query: { text: 'what' } });
  expect(example!.passages.map(({ passage, grade, kind }) => [passage.id, grade, kind])).toEqual([
    ['p1', 3, 'positive'],
    ['p2', 0, 'hard-negative'],
  ]);
});

test("RankLLM's published form is read: numbers as labels, blank lines between passages, no docids", async () => {
  const prompt =
    'I will provide you with 3 passages, each indicated by a numerical identifier []. Rank the passages based on their relevance to the search query: why is it.\n\n[1] first\n\n[2] second\nand more\n\n[3] third\n\nSearch Query: why is it.\nRank the 3 passages above.';
  const folder = folderOf({ 'train.json': JSON.stringify([turns(prompt, '[2] > [3] > [1]')]) });
  const [example] = await collect(importExamples('rankllm', folder));
  expect(example!.query).toEqual({ id: 'q', text: 'why is it' });
  expect(
    example!.passages.map(({ passage, teacherRank, grade }) => [passage.text, teacherRank, grade]),
  ).toEqual([
    ['first', 3, 0],
    ['second and more', 1, 3],
    ['third', 2, 0],
  ]);
});
