import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { randomStream } from '../../src/core/random.js';
import { readRun } from '../../src/formats/trec-run.js';
import { hasSharedData, sharedData } from '../shared-data.js';
import { rankforge } from './run-in-process.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rankforge-features-'));
});
afterEach(() => rmSync(folder, { recursive: true }));
const at = (name: string): string => join(folder, name);

/** Grades that hang on features 1 and 3; feature 2 is noise and feature 5 constant. Rows stand best first, as in many a file. */
function featureFile(name: string, queries: number, { seed = 1, rows = 12, prefix = 'q' } = {}): string {
  const lines: string[] = [];
  for (let q = 0; q < queries; q++) {
    const random = randomStream(seed, 'features', q);
    const own = Array.from({ length: rows }, () => {
      const [a, b, c] = [random.normal(), random.normal(), random.normal()];
      const worth = a + 0.7 * c + 0.4 * random.normal();
      const grade = worth > 1.4 ? 2 : worth > 0.5 ? 1 : 0;
      return { grade, text: `1:${a.toFixed(4)} 2:${b.toFixed(4)} 3:${c.toFixed(4)} 5:1` };
    }).sort((x, y) => y.grade - x.grade);
    own.forEach(({ grade, text }, row) => {
      lines.push(`${grade} qid:${prefix}${q} ${text} # docid = d${q}-${row}\n`);
    });
  }
  writeFileSync(at(name), lines.join(''));
  return at(name);
}
const error = ({ stdout }: { stdout: string }) => JSON.parse(stdout).error;

describe.each(['linear', 'mlp', 'lambdamart'])('%s', (kind) => {
  test('is trained on a feature file, gated by its grades, and scores another', async () => {
    const train = featureFile('train.txt', 60);
    const trained = await rankforge([
      ...['distill', '--features', train, '--student', kind, '--out', at('student'), '--json'],
    ]);
    expect(trained).toMatchObject({ code: 0 });
    expect(JSON.parse(trained.stdout)).toMatchObject({
      queries: 60,
      rows: 720,
      features: 4,
      gate: { passed: true, baseline: 'feature f1' },
    });
    const test_ = featureFile('test.txt', 20, { seed: 2 });
    const args = ['rerank', '--features', test_, '--compare', `student:${at('student')}`];
    const scored = await rankforge([...args, '--scores', '--out', at('scores'), '--json']);
    expect(scored.code).toBe(0);
    const { ndcg, ...counts } = JSON.parse(scored.stdout);
    expect(counts).toMatchObject({ queries: 20, rows: 240, unknownValues: 0 });
    expect(ndcg).toBeGreaterThan(0.85);
    const scores = readFileSync(at('scores'), 'utf8').trim().split('\n').map(Number);
    expect(scores).toHaveLength(240);
    expect(scores.every(Number.isFinite)).toBe(true);
    await rankforge([...args, '--out', at('run.trec')]);
    const run = await readRun(at('run.trec'));
    const best = scores.slice(0, 12).indexOf(Math.max(...scores.slice(0, 12)));
    expect(run.get('q0')![0]!.id).toBe(`d0-${best}`);
  });
});

test('a teacher’s scores in place of grades are learned from and not gated', async () => {
  const path = featureFile('train.txt', 20);
  const scored = readFileSync(path, 'utf8').replace(/^(\d) .* 1:(\S+)/gm, (line, grade, a) =>
    line.replace(/^\d/, String(-3.5 + Number(grade) + Number(a))),
  );
  writeFileSync(path, scored);
  const args = ['distill', '--features', path, '--out', at('student'), '--json'];
  const refused = await rankforge(args);
  expect(refused.code).toBe(1);
  expect(error(refused)).toMatchObject({ code: 'bad-file', message: expect.stringMatching(/the grade -/) });
  const done = await rankforge([...args, '--teacher-labels', 'scores', '--loss', 'kl:1,mse:0.1']);
  expect(done.code).toBe(0);
  expect(JSON.parse(done.stdout)).not.toHaveProperty('gate');
  expect(JSON.parse(readFileSync(at('student/card.json'), 'utf8')).selection[1].name).toContain('mse:0.1');
});

test.each([
  ['constant features', (line: string) => line.replace(/1:.*5:1/, '1:3 5:1'), 'too-little-data', /one value/],
  ['equal labels', (line: string) => line.replace(/^\d/, '1'), 'too-little-data', /0 of 20 queries/],
  ['no rows', () => '', 'too-little-data', /no row/],
  ['no features', (line: string) => line.replace(/1:.*5:1/, ''), 'too-little-data', /one value/],
  [
    'a feature that is NaN',
    (line: string) => line.replace(/1:\S+/, '1:nan'),
    'bad-line',
    /feature 1 is "nan"/,
  ],
  ['a grade beyond 31', (line: string) => line.replace(/^\d/, '40'), 'bad-file', /the grade 40/],
])('%s: a clear error, and no student', async (_what, change, code, message) => {
  const path = featureFile('train.txt', 20);
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  writeFileSync(path, lines.map((line) => `${change(line)}\n`).join(''));
  const run = await rankforge([
    ...['distill', '--features', path, '--student', 'lambdamart', '--out', at('student'), '--json'],
  ]);
  expect(run.code).toBe(1);
  expect(error(run)).toMatchObject({ code, message: expect.stringMatching(message) });
  expect(existsSync(at('student/card.json'))).toBe(false);
});

test('bad lines are set aside with their numbers, each once', async () => {
  const path = featureFile('train.txt', 20);
  writeFileSync(path, `${readFileSync(path, 'utf8')}1 qid:q19 1:inf\nrubbish\n`);
  const run = await rankforge([
    ...['distill', '--features', path, '--out', at('student'), '--skip-bad', '--json'],
  ]);
  expect([0, 4]).toContain(run.code);
  expect(JSON.parse(run.stdout)).toMatchObject({ rows: 240 });
  const bad = readFileSync(at('bad-lines.jsonl'), 'utf8').trim().split('\n');
  expect(bad.map((line) => JSON.parse(line).where)).toEqual([`${path}:241`, `${path}:242`]);
});

test('too few queries to gate is said; the student is written', async () => {
  const run = await rankforge([
    ...['distill', '--features', featureFile('train.txt', 5), '--out', at('student'), '--json'],
  ]);
  expect(run.code).toBe(4);
  expect(JSON.parse(run.stdout)).toMatchObject({
    gate: { passed: false, tooFew: true, reason: expect.stringMatching(/too few/) },
  });
  expect(existsSync(at('student/card.json'))).toBe(true);
  const less = await rankforge([
    ...['distill', '--features', featureFile('few.txt', 3), '--out', at('none'), '--json'],
  ]);
  expect(error(less)).toMatchObject({ code: 'too-little-data', message: expect.stringMatching(/3 of 3/) });
});

test('features that the student does not know are passed over, and counted', async () => {
  await rankforge(['distill', '--features', featureFile('train.txt', 30), '--out', at('student')]);
  writeFileSync(at('new.txt'), '1 qid:1 1:1 99:2\n0 qid:1 2:1\n');
  const args = ['rerank', '--features', at('new.txt'), '--compare', `student:${at('student')}`, '--scores'];
  const run = await rankforge([...args, '--out', at('scores')]);
  expect(run.code).toBe(0);
  expect(run.stderr).toMatch(/does not know.*: 1\n/);
});

test('a query that was trained on is not measured on, whatever its id and the order of its rows', async () => {
  const train = featureFile('train.txt', 30);
  expect((await rankforge(['distill', '--features', train, '--out', at('student')])).code).toBe(0);
  const twin = readFileSync(train, 'utf8')
    .split('\n')
    .filter((line) => line.includes('qid:q7 '))
    .map((line) => line.replace('qid:q7 ', 'qid:other '))
    .reverse();
  const score = async (lines: readonly string[], name: string) => {
    const fresh = readFileSync(featureFile('fresh.txt', 3, { seed: 9 }), 'utf8');
    writeFileSync(at(name), `${fresh}${lines.join('\n')}\n`);
    const args = ['rerank', '--features', at(name), '--compare', `student:${at('student')}`, '--scores'];
    return rankforge([...args, '--out', at('scores'), '--json']);
  };
  const refused = await score(twin, 'both.txt');
  expect(refused.code).toBe(1);
  expect(error(refused)).toMatchObject({ code: 'duplicate-id', message: expect.stringMatching(/"other"/) });
  expect(existsSync(at('scores'))).toBe(false);
  // Without labels nothing is measured on it, and one row that differs makes it another query.
  const unlabelled = twin.map((line) => line.replace(/^\d/, '0'));
  expect((await score(unlabelled, 'unlabelled.txt')).code).toBe(0);
  const changed = twin.map((line, i) => (i === 0 ? line.replace(/1:\S+/, '1:0.123') : line));
  expect((await score(changed, 'changed.txt')).code).toBe(0);
});

test('queries of the same rows inside one file are told, and are one query for the gate', async () => {
  const path = featureFile('train.txt', 30);
  const text = readFileSync(path, 'utf8');
  const twin = text.split('\n').filter((line) => line.includes('qid:q3 '));
  writeFileSync(path, `${text}${twin.map((line) => `${line.replace('qid:q3 ', 'qid:twin ')}\n`).join('')}`);
  const run = await rankforge(['distill', '--features', path, '--out', at('student'), '--json']);
  expect(JSON.parse(run.stdout).gate.notes).toEqual([
    expect.stringMatching(/no texts that tell subjects apart/),
    expect.stringMatching(/rows of another query: 1;/),
  ]);
  expect(JSON.parse(run.stdout)).toMatchObject({ queries: 31, twins: 1, gate: { queries: 30 } });
  expect(run.stderr).toMatch(/warning: queries with the rows of another query.*: 1\n/);
});

test('noise whose every query is there twice passes no gate: a fold never trains on the copy', async () => {
  const noise = Array.from({ length: 40 }, (_, q) => {
    const random = randomStream(4, 'noise', q);
    return Array.from(
      { length: 15 },
      () => `1:${random.normal().toFixed(4)} 2:${random.normal().toFixed(4)} 3:${random.normal().toFixed(4)}`,
    ).map((row) => ({ grade: Math.floor(random.next() * 3), row }));
  });
  const of = (prefix: string) =>
    noise.flatMap((rows, q) => rows.map(({ grade, row }) => `${grade} qid:${prefix}${q} ${row}\n`));
  writeFileSync(at('noise.txt'), [...of('q'), ...of('copy')].join(''));
  const args = ['distill', '--features', at('noise.txt'), '--student', 'lambdamart'];
  const run = await rankforge([...args, '--out', at('student'), '--json']);
  expect(JSON.parse(run.stdout)).toMatchObject({
    queries: 80,
    twins: 40,
    gate: { passed: false, queries: 40 },
  });
  expect(run.code).toBe(4);
});

test('a file of one query under many ids has nothing to hold out', async () => {
  const rows = readFileSync(featureFile('one.txt', 1), 'utf8');
  const copies = Array.from({ length: 6 }, (_, q) => rows.replaceAll('qid:q0', `qid:copy${q}`));
  writeFileSync(at('copies.txt'), copies.join(''));
  const run = await rankforge(['distill', '--features', at('copies.txt'), '--out', at('student'), '--json']);
  expect(error(run)).toMatchObject({ code: 'too-little-data', message: expect.stringMatching(/one group/) });
});

test('a curriculum and importance are trained with, named, and refused by students without them', async () => {
  const args = ['distill', '--features', featureFile('train.txt', 30), '--out', at('student'), '--json'];
  const flags = ['--loss', 'list-mle', '--importance', '--curriculum', 'easy-first'];
  const trained = await rankforge([...args, '--student', 'mlp', ...flags]);
  expect([0, 4]).toContain(trained.code);
  const card = JSON.parse(readFileSync(at('student/card.json'), 'utf8'));
  expect(card.selection.at(-1).name).toMatch(/list-mle, importance, easy-first/);
  expect(card.command).toContain(
    '--features train.txt --student mlp --seed 7 --loss list-mle --importance --curriculum easy-first',
  );
  expect(card.training.source).toBe('the feature file train.txt');
  for (const kind of ['linear', 'lambdamart'])
    expect(error(await rankforge([...args, '--student', kind, '--curriculum', 'focal']))).toMatchObject({
      code: 'unsupported',
    });
  expect((await rankforge([...args, '--curriculum', 'hard-first'])).code).toBe(2);
});

test('two heads are trained, named and saved, and refused by students without a body', async () => {
  const args = ['distill', '--features', featureFile('train.txt', 30), '--out', at('student'), '--json'];
  const trained = await rankforge([...args, '--student', 'mlp', '--two-heads']);
  expect([0, 4]).toContain(trained.code);
  const card = JSON.parse(readFileSync(at('student/card.json'), 'utf8'));
  expect(card.selection.at(-1).name).toMatch(/two heads$/);
  expect(card.command).toContain('--student mlp --seed 7 --two-heads');
  expect(card.training.priorOnly).toBe(false);
  const { layers } = JSON.parse(readFileSync(at('student/student.json'), 'utf8'));
  expect(layers.at(-1).outputs).toBe(2);
  for (const kind of ['linear', 'lambdamart'])
    expect(error(await rankforge([...args, '--student', kind, '--two-heads']))).toMatchObject({
      code: 'unsupported',
      hint: expect.stringMatching(/train mlp/),
    });
});

test('an abort in the middle of training ends it, and leaves no card', async () => {
  for (const kind of ['linear', 'mlp', 'lambdamart']) {
    const controller = new AbortController();
    const onProgress = ({ stage }: { stage: string }): void => {
      // At once: a quick student might be done before the next turn of the event loop.
      if (stage.startsWith('train')) controller.abort();
    };
    const args = ['distill', '--features', featureFile('train.txt', 120), '--student', kind];
    const stopped = await rankforge([...args, '--out', at(kind), '--json'], {
      signal: controller.signal,
      onProgress,
    });
    expect(stopped.code).toBe(3);
    expect(error(stopped).code).toBe('aborted');
    expect(existsSync(at(`${kind}/card.json`))).toBe(false);
  }
});

test('Ctrl-C in the middle of training ends the command with exit code 3', { timeout: 180_000 }, async () => {
  const args = ['distill', '--features', featureFile('train.txt', 600), '--student', 'lambdamart'];
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', 'src/surfaces/cli/main.ts', ...args, '--out', at('student')],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let stderr = '';
  let sent = false;
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    // One setting is done, and another will be tried, which takes seconds.
    if (!sent && stderr.includes('train lambdamart: 1/')) sent = child.kill('SIGINT');
  });
  const [code] = await once(child, 'exit');
  expect({ sent, code }).toEqual({ sent: true, code: 3 });
  expect(stderr).toMatch(/stopped: .*\n.*resumes/);
  expect(existsSync(at('student/card.json'))).toBe(false);
});

test('what does not go together is a usage error', async () => {
  const path = featureFile('train.txt', 10);
  for (const args of [
    ['distill', '--features', path, '--dataset', folder, '--out', at('s')],
    ['distill', '--features', path, '--qrels', path, '--out', at('s')],
    ['rerank', '--features', path, '--compare', 'fused', '--out', at('x')],
    ['rerank', '--compare', 'fused', '--out', at('x')],
    ['distill', '--out', at('s')],
    ['distill', '--features', path, '--out', at('s'), '--loss', 'klx'],
    ['distill', '--features', path, '--out', at('s'), '--student', 'static'],
  ])
    expect((await rankforge(args)).code).toBe(2);
});

test('a stopped training leaves no card, and its folder is taken up again', async () => {
  const path = featureFile('train.txt', 40);
  const args = ['distill', '--features', path, '--student', 'lambdamart', '--out', at('student')];
  const stopped = await rankforge(args, { signal: AbortSignal.abort() });
  expect(stopped.code).toBe(3);
  expect(existsSync(at('student/card.json'))).toBe(false);
  const scored = await rankforge([
    ...['rerank', '--features', path, '--compare', `student:${at('student')}`, '--out', at('x'), '--json'],
  ]);
  expect(error(scored)).toMatchObject({ code: 'missing-file', hint: expect.stringMatching(/stopped/) });
  expect((await rankforge(args)).code).toBe(0);
});

test.runIf(hasSharedData('lightgbm-lambdarank'))(
  "LightGBM's own example: one command trains, one scores, and nDCG@10 is at least LightGBM's .733 less .003",
  { timeout: 300_000 },
  async () => {
    const data = (name: string): string => sharedData('lightgbm-lambdarank', name);
    const train = ['distill', '--features', data('rank.train'), '--student', 'lambdamart'];
    expect((await rankforge([...train, '--out', at('student')])).code).toBe(0);
    const score = ['rerank', '--features', data('rank.test'), '--compare', `student:${at('student')}`];
    const run = await rankforge([...score, '--scores', '--out', at('scores'), '--json']);
    expect(JSON.parse(run.stdout).ndcg).toBeGreaterThan(0.73);
  },
);
