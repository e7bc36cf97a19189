import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { rankforge } from './run-in-process.js';

let folder: string;
const path = (name: string) => join(folder, name);
const lines = (records: readonly object[]) => records.map((record) => `${JSON.stringify(record)}\n`).join('');

/** 40 queries; the passages with a query's own word are relevant, those with another's are not. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rankforge-calibrate-'));
  const words = Array.from(
    { length: 40 },
    (_, index) => `word${String.fromCharCode(97 + (index % 26))}${index}`,
  );
  const passages = words.flatMap((word, index) => [
    { _id: `a${index}`, text: `${word} ${word} is told of here` },
    { _id: `b${index}`, text: `${word} and other things` },
    { _id: `c${index}`, text: 'something else altogether' },
  ]);
  writeFileSync(path('corpus.jsonl'), lines(passages));
  writeFileSync(path('queries.jsonl'), lines(words.map((text, index) => ({ _id: `q${index}`, text }))));
  mkdirSync(path('qrels'));
  const rows = words.flatMap((_, index) => [`q${index}\ta${index}\t2\n`, `q${index}\tb${index}\t1\n`]);
  writeFileSync(path('qrels/test.tsv'), `query-id\tcorpus-id\tscore\n${rows.join('')}`);
  const run = words.flatMap((_, index) =>
    [`c${index}`, `b${index}`, `a${index}`].map(
      (id, rank) => `q${index} Q0 ${id} ${rank + 1} ${9 - rank} first\n`,
    ),
  );
  writeFileSync(path('first.trec'), run.join(''));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const rerank = (out: string, ...more: string[]) =>
  rankforge([
    'rerank',
    '--dataset',
    folder,
    '--run',
    path('first.trec'),
    '--compare',
    'bm25',
    '--out',
    path(out),
    '--json',
    ...more,
  ]);
const calibrate = (...more: string[]) =>
  rankforge([
    'calibrate',
    '--run',
    path('bm25.trec'),
    '--qrels',
    path('qrels/test.tsv'),
    '--out',
    path('fitted'),
    '--json',
    ...more,
  ]);

test('scores become probabilities, and only what is relevant is kept', async () => {
  expect((await rerank('bm25.trec')).code).toBe(0);
  const fitted = await calibrate('--compare', 'bm25', '--keep-risk', 'irrelevant-kept', '--alpha', '0.3');
  expect(fitted.code, fitted.stderr).toBe(0);
  expect(fitted.stderr).not.toContain('warning');
  const { figures, cutOff } = JSON.parse(fitted.stdout);
  expect(figures.error).toBeLessThan(0.1);
  expect(cutOff).toMatchObject({ risk: 'irrelevant-kept', on: 'probability' });

  const files = ['--calibration', path('fitted/calibration.json'), '--cut-off', path('fitted/cut-off.json')];
  const kept = await rerank('kept.trec', ...files, '--rankings', path('kept.jsonl'));
  expect(kept.code, kept.stderr).toBe(0);
  const rankings = readFileSync(path('kept.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(rankings).toHaveLength(40);
  for (const { queryId, items } of rankings) {
    const number = queryId.slice(1);
    expect(items.map(({ id }: { id: string }) => id).toSorted()).toEqual([`a${number}`, `b${number}`]);
    for (const { probability } of items) expect(probability).toBeGreaterThanOrEqual(cutOff.threshold);
  }
  expect(readFileSync(path('kept.trec'), 'utf8')).not.toMatch(/ c\d+ /);
});

test("another comparator's calibration is refused, and so is a promise that 40 queries cannot give", async () => {
  expect((await rerank('bm25.trec')).code).toBe(0);
  expect((await calibrate('--compare', 'bm25')).code).toBe(0);
  const other = await rankforge([
    'rerank',
    '--dataset',
    folder,
    '--run',
    path('first.trec'),
    '--compare',
    'oracle',
    '--qrels',
    path('qrels/test.tsv'),
    '--calibration',
    path('fitted/calibration.json'),
    '--out',
    path('other.trec'),
    '--json',
  ]);
  expect(JSON.parse(other.stdout).error).toMatchObject({ code: 'usage' });
  const sure = await calibrate('--compare', 'bm25', '--keep-risk', 'irrelevant-kept', '--alpha', '0.01');
  expect(JSON.parse(sure.stdout).error).toMatchObject({ code: 'too-little-data' });
});

test('a calibration stays as it was where the cut-off fails', async () => {
  expect((await rerank('bm25.trec')).code).toBe(0);
  expect((await calibrate('--compare', 'bm25')).code).toBe(0);
  const before = readFileSync(path('fitted/calibration.json'), 'utf8');
  const failed = await calibrate('--compare', 'bm25', '--keep-risk', 'irrelevant-kept', '--alpha', '5');
  expect(failed.code).toBe(2);
  expect(readFileSync(path('fitted/calibration.json'), 'utf8')).toBe(before);
});

test('runs are fused', async () => {
  expect((await rerank('bm25.trec')).code).toBe(0);
  const fuse = (...more: string[]) =>
    rankforge([
      'fuse',
      '--run',
      path('first.trec'),
      path('bm25.trec'),
      '--out',
      path('fused.trec'),
      '--json',
      ...more,
    ]);
  const fused = await fuse('--fusion', 'comb-sum', '--weights', '0,1');
  expect(JSON.parse(fused.stdout)).toMatchObject({ runs: 2, queries: 40 });
  const orderOf = (name: string) =>
    readFileSync(path(name), 'utf8')
      .split('\n')
      .map((line) => line.split(' ').slice(0, 4).join(' '));
  expect(orderOf('fused.trec')).toEqual(orderOf('bm25.trec'));
  writeFileSync(path('one.trec'), 'q0 Q0 a0 1 1 x\n');
  writeFileSync(path('empty.trec'), '');
  const run = (name: string, other: string) =>
    rankforge(['fuse', '--run', path(name), path(other), '--out', path('other.trec'), '--json']);
  expect(await run('first.trec', 'one.trec')).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(/one\.trec does not answer: 39/),
  });
  expect(JSON.parse((await run('empty.trec', 'empty.trec')).stdout).error.code).toBe('too-little-data');
  for (const weights of ['1', 'a,b', '1,', '']) {
    const wrong = await fuse('--weights', weights);
    expect(wrong.code).toBe(2);
    expect(JSON.parse(wrong.stdout)).toMatchObject({ error: { code: 'usage' } });
    expect(wrong.stderr).toContain('weight');
  }
});

test('a run of which only the first ranks were reranked is fitted as far as that', async () => {
  // Ten passages a query, of which three are reranked.
  const deep = readFileSync(path('first.trec'), 'utf8')
    .trim()
    .split('\n')
    .flatMap((line) => {
      const [query = ''] = line.split(' ');
      const other = (index: number) => `a${(Number(query.slice(1)) + index + 1) % 40}`;
      const below = Array.from(
        { length: 7 },
        (_, index) => `${query} Q0 ${other(index)} ${index + 4} ${-index} first`,
      );
      return line.includes(' Q0 a') ? [line, ...below] : [line];
    });
  writeFileSync(path('deep.trec'), `${deep.join('\n')}\n`);
  const of = (...more: string[]) =>
    rerank('deep-bm25.trec', '--run', path('deep.trec'), '--depth', '3', ...more);
  expect((await of()).code).toBe(0);
  const calibrateDeep = (...more: string[]) =>
    calibrate('--compare', 'bm25', '--run', path('deep-bm25.trec'), '--out', path('deep'), ...more);
  const refused = await calibrateDeep();
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain('seems 3');
  const fitted = await calibrateDeep('--depth', '3', '--keep-risk', 'irrelevant-kept', '--alpha', '0.3');
  expect(fitted.code, fitted.stderr).toBe(0);
  expect(JSON.parse(fitted.stdout)).toMatchObject({ depth: 3, figures: { pairs: 60 }, cutOff: { depth: 3 } });
  expect(JSON.parse(readFileSync(path('deep/calibration.json'), 'utf8')).depth).toBe(3);
  const kept = await of(
    ...['--calibration', path('deep/calibration.json'), '--cut-off', path('deep/cut-off.json')],
    ...['--rankings', path('deep.jsonl')],
  );
  expect(kept.code, kept.stderr).toBe(0);
  for (const line of readFileSync(path('deep.jsonl'), 'utf8').trim().split('\n'))
    expect(JSON.parse(line).items).toHaveLength(2);
});

test('a reranking is interpolated with its first stage, by a weight or a tuned one', async () => {
  const orderOf = (name: string) =>
    readFileSync(path(name), 'utf8')
      .split('\n')
      .map((line) => line.split(' ').slice(0, 4).join(' '));
  expect((await rerank('bm25.trec')).code).toBe(0);
  const none = await rerank('none.trec', '--interpolate', '0');
  expect(JSON.parse(none.stdout)).toMatchObject({ interpolation: { weight: 0 } });
  expect(orderOf('none.trec')).toEqual(orderOf('first.trec'));
  await rerank('all.trec', '--interpolate', '1');
  expect(orderOf('all.trec')).toEqual(orderOf('bm25.trec'));

  const tuned = await rerank('tuned.trec', '--interpolate', 'tuned', '--qrels', path('qrels/test.tsv'));
  // The first stage has the worst passage first: whatever reranks as BM25 does is best.
  const { interpolation } = JSON.parse(tuned.stdout);
  expect(interpolation).toMatchObject({ second: 1, heldOut: 1, queries: 40 });
  expect(interpolation.weight).toBeGreaterThan(0.5);
  expect(interpolation.first).toBeLessThan(0.8);
  expect(orderOf('tuned.trec')).toEqual(orderOf('bm25.trec'));

  for (const wrong of [['1.5'], ['-1'], [''], ['best'], ['tuned']]) {
    const refused = await rerank('other.trec', '--interpolate', ...wrong);
    expect(refused.code).toBe(2);
    expect(JSON.parse(refused.stdout).error.code).toBe('usage');
  }
  writeFileSync(path('one.tsv'), 'query-id\tcorpus-id\tscore\nq0\ta0\t2\n');
  const few = await rerank('other.trec', '--interpolate', 'tuned', '--qrels', path('one.tsv'));
  expect(JSON.parse(few.stdout).error.code).toBe('too-little-data');
});

test("a run of another comparator's is told, and calibrated all the same", async () => {
  const run = readFileSync(path('bm25.trec'), 'utf8').replaceAll(/ rankforge-\S+$/gm, ' rankforge-fused');
  writeFileSync(path('fused.trec'), run);
  const fitted = await calibrate('--compare', 'bm25', '--run', path('fused.trec'));
  expect(fitted.code, fitted.stderr).toBe(0);
  expect(fitted.stderr).toMatch(/warning: .*fused\.trec is tagged rankforge-fused: .* than bm25/);
});
