import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { allStudentKinds } from '../../src/distill/student-kinds.js';
import { studentKinds } from '../../src/distill/students/scorer.js';
import { readerKinds } from '../../src/distill/texts/text-reader.js';
import { loadDataset } from '../../src/formats/dataset.js';
import { readQrels } from '../../src/formats/qrels.js';
import { readRun } from '../../src/formats/trec-run.js';
import { distillAuto } from '../../src/pipeline/distill-auto.js';
import { rankforge } from './run-in-process.js';

let folder: string;
const at = (name: string): string => join(folder, name);
const json = (name: string) => JSON.parse(readFileSync(at(name), 'utf8'));
const given = () => [
  ...['distill', '--dataset', folder, '--run', at('bm25.trec'), '--teacher', at('teacher.trec')],
  ...['--encoder', 'none', '--depth', '12'],
];

/** Forty queries of two words each among passages that hold one of them, or both. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rankforge-auto-'));
  const words = 'apple bread cheese date egg fig grape honey'.split(' ');
  const passages = words.flatMap((a, i) =>
    words.map((b, k) => ({
      _id: `p${i}-${k}`,
      text: `${a} ${a} ${b} is eaten with ${words[(i + 3 * k) % 8]}`,
    })),
  );
  const queries = words.flatMap((a, i) =>
    [1, 2, 3, 4, 5].map((k) => ({
      _id: `q${i}-${k}`,
      text: `${words[(i + k) % 8]} ${a}`,
      best: `p${i}-${(i + k) % 8}`,
    })),
  );
  const lines = (rows: readonly object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  writeFileSync(at('corpus.jsonl'), lines(passages));
  writeFileSync(at('queries.jsonl'), lines(queries.map(({ _id, text }) => ({ _id, text }))));
  const judged = queries
    .map(
      ({ _id, best }) =>
        `${_id}\t${best}\t2\n${passages
          .slice(0, 40)
          .filter((one) => one._id !== best)
          .map((one) => `${_id}\t${one._id}\t0\n`)
          .join('')}`,
    )
    .join('');
  writeFileSync(at('judged.tsv'), `query-id\tcorpus-id\tscore\n${judged}`);
  await rankforge(['retrieve', '--dataset', folder, '--k', '12', '--out', at('bm25.trec')]);
  await rankforge([
    ...['rerank', '--dataset', folder, '--run', at('bm25.trec'), '--method', 'full', '--depth', '12'],
    ...['--compare', 'oracle', '--qrels', at('judged.tsv'), '--out', at('teacher.trec')],
  ]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('every kind is tried, the frontier drawn, one chosen, and its exit code is that of its gate', async () => {
  const done = await rankforge([
    ...given(),
    '--auto',
    '--qrels',
    at('judged.tsv'),
    '--out',
    at('auto'),
    '--json',
  ]);
  const result = JSON.parse(done.stdout);
  expect(done.code, done.stderr).toBe(result.gate.passed ? 0 : 4);
  const frontier = json('auto/frontier.json');
  expect(frontier.points.map(({ name }: { name: string }) => name).sort()).toEqual([...studentKinds].sort());
  expect(frontier.unfinished).toEqual(
    readerKinds.map((name) => ({ name, why: expect.stringMatching(/not tried without a time limit/) })),
  );
  expect(frontier.reason).toMatch(/held-out training queries/);
  expect(frontier.points.filter(({ chosen }: { chosen: boolean }) => chosen)).toMatchObject([
    { name: result.chosen },
  ]);
  // A third of forty queries fits probabilities; the gate has the others, and each p counts three times at most.
  expect(result.gate).toMatchObject({
    queries: 27,
    together: { students: studentKinds.length },
    teachers: [{ queries: 27 }],
    extrapolation: { queries: 27, folds: 5 },
  });
  const card = json('auto/card.json');
  expect(card.gate).toEqual(result.gate);
  expect(card.calibration).toMatchObject({ queries: 13, expectedError: { bins: expect.any(Number) } });
  expect(card.calibration.thresholds).toHaveLength(3);
  expect(card.latency).toMatchObject({ p95: expect.any(Number), runs: expect.any(Number) });
  for (const kind of studentKinds) expect(existsSync(at(`auto/students/${kind}/card.json`))).toBe(true);
  expect(readFileSync(at('auto/frontier.svg'), 'utf8')).toMatch(/^<svg .*<\/svg>\n$/s);
  expect(readFileSync(at('auto/report.html'), 'utf8')).toContain('<section id="students">');
  expect(readFileSync(at('auto/README.md'), 'utf8')).toMatch(/beside teacher/);
});

test('stopped while a student is trained it ends with 3 and writes none; run again it ends as if it had not been', async () => {
  const stop = new AbortController();
  const command = [...given(), '--auto', '--qrels', at('judged.tsv'), '--out', at('stopped'), '--json'];
  const cut = await rankforge(command, {
    signal: stop.signal,
    onProgress: ({ stage }) => {
      if (stage === 'train lambdamart') stop.abort();
    },
  });
  expect(cut.code).toBe(3);
  expect(JSON.parse(cut.stdout)).toMatchObject({ error: { code: 'aborted' } });
  expect(existsSync(at('stopped/card.json'))).toBe(false);
  await rankforge(command);
  expect(json('stopped/card.json').gate).toEqual(json('auto/card.json').gate);
});

test('without judgements the choice goes by labels alone, and says that nothing was gated', async () => {
  const done = await rankforge([...given(), '--auto', '--out', at('blind')]);
  expect(done).toMatchObject({ code: 0, stdout: expect.stringMatching(/Not gated.*report\.html/s) });
  expect(json('blind/frontier.json').measure).toBe('nDCG@10 on the labels');
});

test('where nobody is fast enough, or the time is up, none is chosen: exit code 4, and what was made is kept', async () => {
  const slow = await rankforge([...given(), '--auto', '--latency-ms', '0.0001', '--out', at('slow')]);
  expect(slow).toMatchObject({ code: 4, stderr: expect.stringMatching(/No student is chosen.*fastest/s) });
  expect(existsSync(at('slow/card.json'))).toBe(false);
  expect(existsSync(at('slow/students/linear/card.json'))).toBe(true);
  const late = await rankforge([...given(), '--auto', '--time-limit', '0.00001', '--out', at('late')]);
  expect(late).toMatchObject({ code: 4, stderr: expect.stringMatching(/no student was finished/) });
  // With a limit what reads texts is tried too, after the others.
  expect(json('late/frontier.json').unfinished.map(({ name }: { name: string }) => name)).toEqual(
    allStudentKinds,
  );
  expect(readFileSync(at('late/report.md'), 'utf8')).toMatch(/not finished within/);
});

test('what reads texts stands on the frontier beside the others, and says why it has no figure for unseen subjects', async () => {
  const run = await readRun(at('bm25.trec'));
  const result = await distillAuto({
    dataset: await loadDataset(folder),
    learnFrom: { run, depth: 12, teachers: { teacher: await readRun(at('teacher.trec')) } },
    kinds: ['static'],
    timeLimit: 600,
    encoder: 'none',
    seed: 7,
    qrels: await readQrels(at('judged.tsv')),
    out: at('readers'),
  });
  expect(result.frontier.points).toMatchObject([{ name: 'static', milliseconds: expect.any(Number) }]);
  expect(result.gate!.extrapolation).toBeUndefined();
  expect(result.gate!.notes).toContainEqual(expect.stringMatching(/reads texts would be trained once more/));
});

test('one kind alone has the same gate, with a margin below its teacher', async () => {
  const args = [...given(), '--student', 'linear', '--qrels', at('judged.tsv'), '--teacher-margin', '0'];
  const done = await rankforge([...args, '--out', at('one'), '--json']);
  const { gate } = JSON.parse(done.stdout);
  expect(gate).toMatchObject({
    teacherMargin: 0,
    teachers: [{ teacherMean: 1 }],
    extrapolation: { folds: 5 },
  });
  // The teacher is the judgements, so the student is at best as good.
  expect(gate.passed).toBe(gate.teachers[0].difference.low === 0);
  expect(done.code).toBe(gate.passed ? 0 : 4);
});

test.each([
  [['--latency-ms', '5'], /--latency-ms says nothing without --auto/],
  [['--auto', '--time-limit', '0'], /above 0/],
  [['--auto', '--features', 'x.txt'], /--features/],
])('%j is a wrong command line', async (flags, message) => {
  const done = await rankforge([...given(), ...flags, '--out', at('never')]);
  expect(done).toMatchObject({ code: 2, stderr: expect.stringMatching(message) });
});
