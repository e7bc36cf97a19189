import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readRun } from '../../../src/formats/trec-run.js';
import { readRecordedReplies, replayComparator } from '../../../src/rerank/comparators/replay.js';
import { rerankRun } from '../../../src/rerank/rerank-run.js';
import { composeReranker } from '../../../src/rerank/reranker.js';
import { sharedData } from '../../shared-data.js';
import { collect } from '../collect.js';
import { dl19Candidates, dl19Qrels, hasDl19, ndcg10 } from '../dl19.js';

const recorded = (name: string) =>
  readRecordedReplies(sharedData('dl19', 'llm-responses', `${name}.jsonl.gz`));

describe.skipIf(!hasDl19)('recorded calls of DL19 (needs shared data)', () => {
  test.each([
    ['rankvicuna-7b', 100],
    ['vicuna-13b-v1.5-zeroshot', 100],
    ['rankvicuna-7b-top20', 20],
  ])('the digits parser reproduces the run of %s in order', async (name, depth) => {
    const comparator = replayComparator(await recorded(name), { parser: 'digits' });
    const rankings = await collect(
      rerankRun(await dl19Candidates(), { program: 'sliding:20/10', comparator, depth }),
    );
    const published = await readRun(sharedData('dl19', 'runs', 'llm', `${name}.trec`));
    expect(rankings).toHaveLength(43);
    for (const { queryId, items } of rankings) {
      expect(items.map(({ id }) => id)).toEqual(published.get(queryId)!.map(({ id }) => id));
    }
  });

  test('the anchored parser reads every reply of the tuned model, and gives the same run', async () => {
    const comparator = replayComparator(await recorded('rankvicuna-7b'));
    const rankings = await collect(
      rerankRun(await dl19Candidates(), { program: 'sliding:20/10', comparator }),
    );
    expect(ndcg10(await dl19Qrels(), rankings)).toBeCloseTo(0.684, 4);
    expect(rankings.flatMap(({ warnings }) => warnings)).toEqual([]);
  });

  test('the anchored parser reads no prose: the untuned model keeps the order of BM25', async () => {
    const comparator = replayComparator(await recorded('vicuna-13b-v1.5-zeroshot'));
    const candidates = await dl19Candidates();
    const rankings = await collect(
      rerankRun(candidates, { program: 'sliding:20/10', comparator, onFailure: 'keep' }),
    );
    expect(ndcg10(await dl19Qrels(), rankings)).toBeCloseTo(0.5058, 4);
    for (const [index, { items, usage, warnings }] of rankings.entries()) {
      expect(items.map(({ id }) => id)).toEqual(candidates[index]!.items.map(({ passage }) => passage.id));
      // A recorded reply is not asked for again: each window takes one record.
      expect(usage).toMatchObject({ calls: 9, cachedCalls: 9, rounds: 9 });
      expect(new Set(warnings.map(({ code }) => code))).toEqual(new Set(['kept-order']));
    }
  });

  test('and by default it throws', async () => {
    const comparator = replayComparator(await recorded('vicuna-13b-v1.5-zeroshot'));
    await expect(
      collect(rerankRun(await dl19Candidates(), { program: 'sliding:20/10', comparator })),
    ).rejects.toMatchObject({
      code: 'unparsed-ranking',
      where: expect.stringContaining('20 passages'),
    });
  });
});

const candidates = (...ids: string[]) => ({
  query: { id: 'q', text: 'what' },
  items: ids.map((id) => ({ passage: { id, text: id } })),
});
const record = (response: string, end = 2) => ({ qid: 'q', start: 0, end, response });

test('a query ranked again starts its records over', async () => {
  const reranker = composeReranker({ program: 'full', comparator: replayComparator([record('[2] > [1]')]) });
  for (let time = 0; time < 2; time++) {
    expect((await reranker.rerank(candidates('a', 'b'))).items.map(({ id }) => id)).toEqual(['b', 'a']);
  }
});

test('a record of another window size and a query without records are errors', async () => {
  const reranker = composeReranker({
    program: 'full',
    comparator: replayComparator([record('[2] > [1]', 20)]),
  });
  await expect(reranker.rerank(candidates('a', 'b'))).rejects.toMatchObject({ code: 'bad-reply' });
  const other = { ...candidates('a', 'b'), query: { id: 'other', text: 'what' } };
  await expect(reranker.rerank(other)).rejects.toMatchObject({ code: 'unknown-id', where: 'other' });
});

test('a bad line of a recording is named', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rankforge-replay-'));
  try {
    const path = join(folder, 'replies.jsonl');
    await writeFile(path, `${JSON.stringify(record('[1] > [2]'))}\n{"qid": 3, "start": 0}\n`);
    await expect(readRecordedReplies(path)).rejects.toMatchObject({ code: 'bad-line', where: `${path}:2` });
    await writeFile(path, '{"qid": 3, "start": 0, "end": 2, "response": "[1] > [2]"}\n');
    expect((await readRecordedReplies(path))[0]!.qid).toBe('3');
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('a kept window takes one record, and the next window takes the next', async () => {
  const comparator = replayComparator([record('no ranking'), record('[2] > [1]')]);
  const reranker = composeReranker({ program: 'sliding:2/1', comparator, onFailure: 'keep' });
  const { items, warnings } = await reranker.rerank(candidates('a', 'b', 'c'));
  expect(items.map(({ id }) => id)).toEqual(['b', 'a', 'c']);
  expect(warnings.map(({ code }) => code)).toEqual(['kept-order']);
});
