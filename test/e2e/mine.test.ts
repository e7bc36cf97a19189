import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { collect } from '../../src/core/collect.js';
import { readExamples } from '../../src/formats/examples.js';
import { chatReply, type ScriptedServer, startScriptedServer } from '../fixtures/scripted-server.js';
import { rankforge } from './run-in-process.js';

let folder: string;
let server: ScriptedServer;
const path = (name: string) => join(folder, name);
const lines = (records: readonly object[]) => records.map((record) => `${JSON.stringify(record)}\n`).join('');
const count = 12;
/** No number is in the words, as an analyser may take them apart. */
const word = (i: number) => `topic${String.fromCharCode(97 + i)}`;

/** Each query's word is in its positive, in one that answers too and is not judged, and in eight that do not answer. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rankforge-mine-'));
  const passages = Array.from({ length: count }, (_, i) => [
    { _id: `yes${i}`, text: `${word(i)} ${word(i)} ${word(i)} is explained here in full` },
    {
      _id: `also${i}`,
      text: `${word(i)} ${word(i)} is explained elsewhere too, in other terms and at length`,
    },
    ...Array.from({ length: 8 }, (_, n) => ({
      _id: `no${i}-${n}`,
      text: `${word(i)} is named beside ${'filler '.repeat(n + 1)} thing ${n} of ${word((i + 1) % count)}`,
    })),
  ]).flat();
  writeFileSync(path('corpus.jsonl'), lines(passages));
  const queries = Array.from({ length: count }, (_, i) => ({ _id: `q${i}`, text: `explain ${word(i)}` }));
  writeFileSync(path('queries.jsonl'), lines(queries));
  mkdirSync(path('qrels'));
  const rows = Array.from({ length: count }, (_, i) => `q${i}\tyes${i}\t1\n`);
  writeFileSync(path('qrels/test.tsv'), `query-id\tcorpus-id\tscore\n${rows.join('')}`);
  const all = rows.concat(
    Array.from(
      { length: count },
      (_, i) => `q${i}\talso${i}\t1\n${[0, 1, 2, 3].map((n) => `q${i}\tno${i}-${n}\t0\n`).join('')}`,
    ),
  );
  writeFileSync(path('qrels/judged.tsv'), `query-id\tcorpus-id\tscore\n${all.join('')}`);
  const run = Array.from({ length: count }, (_, i) =>
    [7, 6, 5, 4].map((n, rank) => `q${i} Q0 no${i}-${n} ${rank + 1} ${-rank} peer\n`).join(''),
  );
  writeFileSync(path('peer.trec'), run.join(''));
});
beforeEach(async () => {
  server = await startScriptedServer(({ body }) => {
    const prompt = (body as { messages: { content: string }[] }).messages.at(-1)!.content;
    const wanted = /Write (\d+) different/.exec(prompt)?.[1];
    if (!wanted) return chatReply(/<passage>[^<]*explained/.test(prompt) ? 'Yes' : 'No');
    const texts = Array.from(
      { length: Number(wanted) },
      (_, n) => `A written text ${n} on ${'many other words '.repeat(n + 2)} of it`,
    );
    return chatReply(JSON.stringify({ passages: texts }));
  });
  return () => server[Symbol.asyncDispose]();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const mine = (out: string, ...more: string[]) =>
  rankforge(['mine', '--dataset', folder, '--out', path(out), '--band', '1-9', '--json', ...more]);
const judging = () => ['--judge', 'openai:scripted', '--base-url', server.baseUrl];
const examplesOf = (out: string) => collect(readExamples(path(out)));
const noted = (stdout: string, stage: string) =>
  (
    JSON.parse(stdout) as {
      funnel: {
        stages: { stage: string; noted: Record<string, number>; rejected: Record<string, number> }[];
      };
    }
  ).funnel.stages.find((one) => one.stage === stage)!;

test('judged queries become examples; the same command makes the same file', async () => {
  const { code, stdout } = await mine('plain.jsonl', '--count', '4', '--random', '2');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ examples: 12, positive: 12, 'hard-negative': 48, random: 24 });
  const examples = await examplesOf('plain.jsonl');
  for (const { passages } of examples) {
    expect(passages[0]).toMatchObject({ grade: 3, kind: 'positive', origin: 'judged' });
    expect(new Set(passages.map(({ passage }) => passage.id)).size).toBe(7);
    for (const { hardness } of passages.slice(1)) expect(hardness).toBeGreaterThanOrEqual(0);
  }
  await mine('again.jsonl', '--count', '4', '--random', '2', '--concurrency', '9');
  expect(readFileSync(path('again.jsonl'), 'utf8')).toBe(readFileSync(path('plain.jsonl'), 'utf8'));
});

test('without --json a table of reasons, and examples as known items for another run', async () => {
  const { code, stdout } = await rankforge([
    'mine',
    '--dataset',
    folder,
    '--out',
    path('table.jsonl'),
    '--band',
    '1-9',
  ]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/negatives\s+noted\s+hard-negative\s+72/);
  expect(stdout).toMatch(/12 examples, 12 positives, 72 hard and 24 random negatives/);
  const again = await mine('known.jsonl', '--examples', path('table.jsonl'), '--count', '1', '--random', '0');
  expect(JSON.parse(again.stdout)).toMatchObject({ examples: 12, 'hard-negative': 12 });
});

test('several lists in exact shares, a run of another engine among them', async () => {
  const { code, stdout } = await mine(
    'mixed.jsonl',
    '--retriever',
    'bm25',
    '--run',
    path('peer.trec'),
    '--count',
    '5',
    '--mix',
    'mined:bm25=2,mined:peer.trec@0-1=1.5,random=1.5',
  );
  expect(code).toBe(0);
  expect(noted(stdout, 'negatives').noted).toMatchObject({
    'mined:bm25': 24,
    'mined:peer.trec': 18,
    random: 18,
  });
});

test('a judge keeps what answers as the positive it is, and a repeated run asks nothing', async () => {
  const first = await mine('judged.jsonl', '--count', '5', '--random', '0', ...judging());
  expect(first.code).toBe(0);
  const result = JSON.parse(first.stdout);
  expect(result).toMatchObject({
    'hard-negative': 60,
    positive: 12 + result.funnel.stages[1].noted['false-negative-relabelled'],
  });
  expect(result.positive).toBeGreaterThan(12);
  const relabelled = (await examplesOf('judged.jsonl')).flatMap(({ passages }) =>
    passages.filter(({ kind, origin }) => kind === 'positive' && origin === 'mined:bm25'),
  );
  for (const { passage, grade } of relabelled) {
    expect(passage.id).toMatch(/^also/);
    expect(grade).toBe(3);
  }
  const asked = server.chats().length;
  const again = await mine('judged.jsonl', '--count', '5', '--random', '0', ...judging());
  expect(server.chats().length).toBe(asked);
  expect(JSON.parse(again.stdout).usage).toMatchObject({
    calls: result.usage.calls,
    cachedCalls: result.usage.calls,
  });
});

test('a budget stops it with exit code 3 and no half file; a larger one goes on and pays for nothing twice', async () => {
  const options = ['--count', '3', '--random', '1', '--false-negatives', 'drop', ...judging()];
  const stopped = await mine('budget.jsonl', ...options, '--budget-calls', '10');
  expect(stopped.code).toBe(3);
  expect(existsSync(path('budget.jsonl'))).toBe(false);
  const before = server.chats().length;
  expect(before).toBeLessThanOrEqual(12);
  const done = await mine('budget.jsonl', ...options);
  expect(done.code).toBe(0);
  const { calls, cachedCalls } = JSON.parse(done.stdout).usage;
  expect(server.chats().length - before).toBe(calls - cachedCalls);
  expect(cachedCalls).toBeGreaterThanOrEqual(9);
  expect(
    (await examplesOf('budget.jsonl'))
      .flatMap(({ passages }) => passages)
      .some(({ passage, origin }) => origin === 'mined:bm25' && passage.id.startsWith('also')),
  ).toBe(false);
});

test('written negatives are judged and have an origin of their own', async () => {
  const { code, stdout } = await mine(
    'written.jsonl',
    '--count',
    '1',
    '--random',
    '0',
    '--written',
    '2',
    ...judging(),
  );
  expect(code).toBe(0);
  expect(noted(stdout, 'negatives').noted).toMatchObject({ 'generated:negative': 24 });
});

test('a threshold is learnt on judged candidates, and used by the same judge alone', async () => {
  const learn = ['--split', 'judged', '--learn-threshold', '--most-false-negatives', '0.1', ...judging()];
  const learnt = await mine('threshold.json', ...learn);
  expect(learnt.code).toBe(0);
  const { threshold, of, figures } = JSON.parse(learnt.stdout);
  expect(JSON.parse(readFileSync(path('threshold.json'), 'utf8'))).toMatchObject({
    format: 1,
    threshold,
    of,
  });
  expect(figures).toMatchObject({ queries: 12, recall: { value: 1 }, kept: { value: 1 } });
  const used = await mine(
    'by-threshold.jsonl',
    '--count',
    '4',
    '--threshold',
    path('threshold.json'),
    ...judging(),
  );
  expect(used.code).toBe(0);
  expect(JSON.parse(used.stdout).threshold).toMatchObject({ threshold });
  const other = await mine(
    'x.jsonl',
    '--threshold',
    path('threshold.json'),
    '--judge-mode',
    'graded',
    ...judging(),
  );
  expect(other).toMatchObject({ code: 2 });
  expect(JSON.parse(other.stdout).error.message).toMatch(/The threshold is of judge yes-no/);
});

test.each([
  [['--band', '9-1'], /band of ranks/],
  [['--mix', 'mined=x'], /no share of negatives/],
  [['--mix', 'mined@0.9-0.1=1'], /band of hardness/],
  [['--mix', 'mined:dense=1'], /source of negatives/],
  [['--retriever', 'bm52'], /retriever "bm52"/],
  [['--retriever', 'dense', '--encoder', 'none'], /needs an encoder/],
  [['--below-share', '1.5'], /belowShare/],
  [['--written', '2'], /judged/],
  [['--judge', 'a', '--filter', 'pointwise'], /Both/],
  [['--filter', 'pointwise'], /threshold/],
  [['--threshold', '0.5'], /nothing whose scores/],
  [['--learn-threshold'], /nothing to learn/],
  [['--count', '0', '--random', '0'], /empty/],
])('%j is refused before anything is read', async (flags, message) => {
  const { code, stdout } = await rankforge([
    'mine',
    '--dataset',
    '/nowhere',
    '--out',
    path('x.jsonl'),
    '--json',
    ...flags,
  ]);
  expect(code).toBe(2);
  expect(JSON.parse(stdout).error.message).toMatch(message);
});
