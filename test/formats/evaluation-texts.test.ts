import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readEvaluationTexts } from '../../src/formats/evaluation-texts.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'evaluation-'));
  await mkdir(join(folder, 'judged', 'qrels'), { recursive: true });
  await mkdir(join(folder, 'bare'));
  const corpus = ['a', 'b', 'c', 'd']
    .map((id) => `{"_id": "${id}", "title": "T", "text": "text ${id}"}\n`)
    .join('');
  await writeFile(join(folder, 'judged', 'corpus.jsonl.gz'), gzipSync(corpus));
  await writeFile(
    join(folder, 'judged', 'queries.jsonl'),
    '{"_id": "q", "text": "what"}\n{"_id": "r", "text": "why"}\n',
  );
  const header = 'query-id\tcorpus-id\tscore\n';
  await writeFile(join(folder, 'judged', 'qrels', 'test.tsv'), `${header}q\ta\t2\nq\tb\t0\n`);
  await writeFile(join(folder, 'judged', 'qrels', 'train.tsv.gz'), gzipSync(`${header}r\tc\t1\n`));
  await writeFile(join(folder, 'bare', 'queries.jsonl'), '{"_id": "q", "text": "who"}\n');
});
afterAll(() => rm(folder, { recursive: true }));

test('all queries, and the passages that some split judges relevant, told apart by their folder', async () => {
  const [judged, bare] = [join(folder, 'judged'), join(folder, 'bare')];
  expect(await readEvaluationTexts([judged, bare])).toEqual({
    queries: [
      { id: `${judged}: q`, text: 'what' },
      { id: `${judged}: r`, text: 'why' },
      { id: `${bare}: q`, text: 'who' },
    ],
    passages: [
      { id: `${judged}: a`, text: 'T\ntext a' },
      { id: `${judged}: c`, text: 'T\ntext c' },
    ],
  });
});

test('a folder that is not there is a typed error', async () => {
  await expect(readEvaluationTexts([join(folder, 'nowhere')])).rejects.toMatchObject({
    code: 'missing-file',
  });
});
