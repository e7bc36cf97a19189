import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { chatReply, type ScriptedServer, startScriptedServer } from '../fixtures/scripted-server.js';
import { rankforge } from './run-in-process.js';

let folder: string;
let server: ScriptedServer;
const path = (name: string) => join(folder, name);
const lines = (records: readonly object[]) => records.map((record) => `${JSON.stringify(record)}\n`).join('');
const queries = 20;
const each = 6;
/** What people say; the passage's text shows it to the scripted judge. */
const gradeOf = (q: number, p: number) => (q + p * p) % 4;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rankforge-judge-'));
  const places = Array.from({ length: queries * each }, (_, i) => [Math.floor(i / each), i % each] as const);
  writeFileSync(
    path('corpus.jsonl'),
    lines(places.map(([q, p]) => ({ _id: `p${q}-${p}`, text: `text worth ${gradeOf(q, p)} of ${q} ${p}` }))),
  );
  writeFileSync(
    path('queries.jsonl'),
    lines(Array.from({ length: queries }, (_, q) => ({ _id: `q${q}`, text: `query ${q}` }))),
  );
  mkdirSync(path('qrels'));
  const rows = places.map(([q, p]) => `q${q}\tp${q}-${p}\t${gradeOf(q, p)}\n`);
  writeFileSync(path('qrels/test.tsv'), `query-id\tcorpus-id\tscore\n${rows.join('')}`);
  writeFileSync(
    path('first.trec'),
    places.map(([q, p]) => `q${q} Q0 p${q}-${p} ${p + 1} ${9 - p} first\n`).join(''),
  );
  writeFileSync(path('pairs.txt'), '# two\nq1 p1-0\nq1\tp1-1\nq1 p1-0\nq9 none\n');
  // One grade too mild, without logits; one passage is refused; the second model says 0 to everything.
  server = await startScriptedServer(({ body }) => {
    const { messages, model } = body as { model: string; messages: { content: string }[] };
    const worth = Number(/worth (\d)/.exec(messages.at(-1)!.content)?.[1]);
    if (/of 3 3\b/.test(messages.at(-1)!.content)) return chatReply('I cannot rate this.');
    if (model === 'strict') return chatReply('##final score: 0');
    return chatReply(`It is worth something.\n##final score: ${Math.min(3, worth + 1)}`);
  });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});
let out: string;
let runs = 0;
beforeEach(() => {
  out = path(`judged-${++runs}.qrels`);
});

const judge = (...more: string[]) =>
  rankforge(['judge', '--dataset', folder, '--base-url', server.baseUrl, '--out', out, '--json', ...more]);
const mild = ['--model', 'openai:mild'];
const human = () => ['--against', path('qrels/test.tsv')];

test('judgements, agreement, calibration and corrected estimates; a second run asks nothing', async () => {
  const args = ['--run', path('first.trec'), '--depth', '6', ...mild, ...human(), '--sample', '60'];
  const first = await judge(...args);
  expect(first.code, first.stderr).toBe(0);
  const result = JSON.parse(first.stdout);
  expect(result).toMatchObject({
    pairs: 120,
    judged: 119,
    unknown: { refused: 1 },
    usage: { cachedCalls: 0 },
  });
  expect(result.usage.calls).toBeGreaterThanOrEqual(120);
  // Too mild by one but at grade 3: the bias is known, and calibration takes it off.
  expect(result.agreement).toMatchObject({ pairs: 119, queries: 20, withinOne: 1 });
  expect(result.agreement.bias).toBeGreaterThan(0.5);
  expect(result.agreement.confusion.counts[1][0]).toBeGreaterThan(0);
  expect(result.calibration.after.error).toBeLessThan(result.calibration.before.error);
  const grades = Array.from({ length: queries * each }, (_, i) => [Math.floor(i / each), i % each] as const)
    .filter(([q, p]) => !(q === 3 && p === 3))
    .map(([q, p]) => gradeOf(q, p));
  const truth = grades.reduce((sum, grade) => sum + grade, 0) / grades.length;
  const [row] = result.design.estimates;
  expect(row.what).toBe('mean grade');
  // Of the draws one in twenty is further off than the interval; none is so far.
  expect(Math.abs(row.corrected.value - truth)).toBeLessThan(5 * row.corrected.standardError);
  expect(row.corrected.standardError).toBeLessThan(row.sampleOnly.standardError);
  expect(row.naive.low).toBeGreaterThan(truth);
  expect(readFileSync(`${out}.sample.tsv`, 'utf8').trim().split('\n')).toHaveLength(61);
  const records = readFileSync(`${out}.jsonl`, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(records).toHaveLength(120);
  expect(records.find(({ passageId }) => passageId === 'p3-3')).toMatchObject({
    grade: null,
    reason: 'refused',
  });
  expect(readFileSync(out, 'utf8')).not.toMatch(/p3-3\b/);

  const asked = server.chats().length;
  const again = JSON.parse((await judge(...args)).stdout);
  expect(server.chats()).toHaveLength(asked);
  expect(again.usage.cachedCalls).toBe(again.usage.calls);
  expect(again.agreement).toEqual(result.agreement);
  const text = await rankforge([
    'judge',
    '--dataset',
    folder,
    '--base-url',
    server.baseUrl,
    '--out',
    out,
    ...args,
  ]);
  expect(text.stdout).toMatch(/quadratic kappa[\s\S]*judge \\ people[\s\S]*corrected/);
});

test('intervals of few drawn pairs end where the measure does', async () => {
  const run = ['--run', path('first.trec'), '--depth', '6', ...mild, ...human(), '--relevant-from', '3'];
  const done = await judge(...run, '--sample', '6');
  expect(done.code, done.stderr).toBe(0);
  const [grades, shares] = JSON.parse(done.stdout).design.estimates;
  for (const [row, most] of [
    [grades, 3],
    [shares, 1],
  ]) {
    for (const { value, low, high } of [row.naive, row.corrected, row.sampleOnly])
      expect([0, low, value, high, most]).toEqual([0, low, value, high, most].sort((a, b) => a - b));
  }
  expect(shares.sampleOnly.low).toBe(0);
});

test('agreement on a few queries is told without an interval', async () => {
  writeFileSync(path('few.txt'), 'q1 p1-0\nq1 p1-1\nq2 p2-0\nq2 p2-1\n');
  const args = [
    'judge',
    '--dataset',
    folder,
    '--base-url',
    server.baseUrl,
    '--out',
    out,
    ...mild,
    ...human(),
  ];
  const { stdout } = await rankforge([...args, '--pairs', path('few.txt')]);
  expect(stdout).toMatch(/^quadratic kappa +\S+ +too few queries for an interval$/m);
});

test('queries are drawn for nDCG', async () => {
  const done = await judge(
    '--run',
    path('first.trec'),
    ...mild,
    ...human(),
    '--sample',
    '10',
    '--sample-by',
    'query',
  );
  expect(done.code, done.stderr).toBe(0);
  const { design } = JSON.parse(done.stdout);
  expect(design).toMatchObject({ by: 'query', drawn: 10, of: 20, estimates: [{ what: 'mean nDCG@10' }] });
});

test('a panel records each vote, and a stopped job goes on where it was', async () => {
  const args = ['--pairs', path('pairs.txt'), '--panel', 'openai:mild,openai:strict', '--mode', 'reasoned'];
  const stopped = await judge(...args, '--budget-calls', '1', '--concurrency', '1');
  expect(stopped.code).toBe(3);
  expect(JSON.parse(stopped.stdout).error.code).toBe('budget-exhausted');
  expect(existsSync(out)).toBe(false);
  const done = await judge(...args);
  expect(done.code, done.stderr).toBe(0);
  expect(done.stderr).toContain('not in the dataset, left out: 1');
  expect(JSON.parse(done.stdout)).toMatchObject({
    pairs: 2,
    members: ['openai:mild', 'openai:strict'],
    usage: { calls: 4, cachedCalls: 1 },
  });
  const [record] = readFileSync(`${out}.jsonl`, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(record).toMatchObject({
    passageId: 'p1-0',
    grade: 1,
    disagreement: { range: 2 },
    votes: [{ judge: 'openai:mild', grade: 2, explanation: 'It is worth something.' }, { grade: 0 }],
  });
});

test('a member that would vote twice is refused', async () => {
  const asked = server.chats().length;
  for (const [where, names, said] of [
    ['--panel', 'openai:strict,openai:mild', 'openai:mild judges already, as --model'],
    ['--panel', 'openai:strict,openai:strict', 'openai:strict judges already'],
    ['--prompt', 'judge/graded,judge/graded', 'judge/graded is named twice'],
  ] as const) {
    const done = await judge('--pairs', path('pairs.txt'), ...mild, where, names);
    expect(done.code).toBe(2);
    expect(JSON.parse(done.stdout).error).toMatchObject({ code: 'usage', message: said, where });
  }
  expect(server.chats()).toHaveLength(asked);
});

test('what was given wrong is said', async () => {
  const code = async (...more: string[]) => {
    const { stdout, code: exit } = await judge(...more);
    return [exit, JSON.parse(stdout).error?.code];
  };
  const pairs = ['--pairs', path('pairs.txt')];
  expect(await code(...mild)).toEqual([2, 'usage']);
  expect(await code(...mild, ...pairs, '--run', path('first.trec'))).toEqual([2, 'usage']);
  expect(await code(...mild, ...pairs, '--weights', '1,2')).toEqual([2, 'usage']);
  expect(await code(...mild, ...pairs, '--mode', 'reasoned', '--batch', '2')).toEqual([2, 'usage']);
  expect(await code(...mild, ...pairs, '--sample', '500')).toEqual([2, 'usage']);
  writeFileSync(path('bad.txt'), 'q1 p1-0\nq1\n');
  expect(await code(...mild, '--pairs', path('bad.txt'))).toEqual([1, 'bad-line']);
  writeFileSync(path('other.txt'), 'x y\n');
  expect(await code(...mild, '--pairs', path('other.txt'))).toEqual([1, 'too-little-data']);
  writeFileSync(path('refused.txt'), 'q3 p3-3\n');
  expect(await code(...mild, '--pairs', path('refused.txt'))).toEqual([1, 'bad-reply']);
  writeFileSync(path('few.tsv'), 'query-id\tcorpus-id\tscore\nq1\tp1-0\t1\n');
  expect(
    await code(...mild, '--run', path('first.trec'), '--against', path('few.tsv'), '--sample', '30'),
  ).toEqual([1, 'too-little-data']);
});

test('a calibration is written down, grades on the scale of people, and is refused for another judge', async () => {
  const file = path('judge.json');
  const run = ['--run', path('first.trec'), '--depth', '6', '--mode', 'graded'];
  const fitted = await judge(...run, ...mild, ...human(), '--calibrate', file);
  expect(fitted.code, fitted.stderr).toBe(0);
  expect(JSON.parse(fitted.stdout).calibration.file).toBe(file);
  const plain = JSON.parse(fitted.stdout).agreement;
  const calibrated = await judge(...run, ...mild, ...human(), '--calibration', file);
  expect(calibrated.code, calibrated.stderr).toBe(0);
  const { agreement } = JSON.parse(calibrated.stdout);
  expect(Math.abs(agreement.bias)).toBeLessThan(plain.bias);
  expect(agreement.same).toBeGreaterThan(plain.same);
  const other = await judge(...run, '--model', 'openai:strict', '--calibration', file);
  expect(other).toMatchObject({ code: 2, stderr: expect.stringMatching(/model .*mild.*, not .*strict/) });
});

test('a calibration that cannot be fitted is refused before a call', async () => {
  const before = server.chats().length;
  const run = ['--run', path('first.trec'), ...mild];
  for (const [args, said] of [
    [['--calibrate', path('never.json')], /--against/],
    [[...human(), '--calibrate', path('never.json'), '--calibration', path('judge.json')], /--calibration/],
  ] as const) {
    expect(await judge(...run, ...args)).toMatchObject({ code: 2, stderr: expect.stringMatching(said) });
  }
  expect(server.chats()).toHaveLength(before);
  expect(existsSync(path('never.json'))).toBe(false);
});
