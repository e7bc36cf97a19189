import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { collect } from '../../src/core/collect.js';
import { readExamples } from '../../src/formats/examples.js';
import { paidCalls, startJobServer } from '../fixtures/job-server.js';
import { chatReply, failure, type ScriptedServer } from '../fixtures/scripted-server.js';
import { smallJob } from '../fixtures/small-job.js';
import { rankforge } from './run-in-process.js';

let server: ScriptedServer | undefined;
afterEach(() => server?.[Symbol.asyncDispose]());
beforeAll(() => {
  process.env.OPENAI_API_KEY = 'sk-secret-of-the-test';
});

const examplesOf = (out: string) => collect(readExamples(join(out, 'generate/examples.jsonl')));
const unique = (items: readonly string[]) => new Set(items).size;

test('the whole job: exactly the examples ordered, a student, a report; again it does nothing', async () => {
  server = await startJobServer();
  const job = await smallJob(server);
  const first = await rankforge(['forge', job.recipe, '--out', job.out, '--json']);
  // With eight queries the gate may fail: that is a result, and says so.
  expect([0, 4]).toContain(first.code);
  const [result] = first.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(result.gate.passed).toBe(first.code === 0);
  expect(await examplesOf(job.out)).toHaveLength(8);
  expect(readFileSync(join(job.out, 'report.html'), 'utf8')).toMatch(/^<!doctype html>/i);
  expect(readFileSync(join(job.out, 'report.md'), 'utf8')).toContain('small');
  const report = JSON.parse(readFileSync(join(job.out, 'report.json'), 'utf8'));
  expect(report.frontier).toMatchObject({
    points: [{ name: 'linear', chosen: true, onFrontier: true, milliseconds: expect.any(Number) }],
    untrained: { name: result.gate.baseline },
  });
  // Eight queries less those of a subject may be too few to learn from, and then that is said.
  const said = (report.gate.notes ?? []).some((note: string) => /unseen in training/.test(note));
  expect(report.gate.extrapolation === undefined).toBe(said);
  expect(readFileSync(join(job.out, 'report.html'), 'utf8')).toContain('<section id="students">');
  expect(existsSync(join(result.student, 'card.json'))).toBe(true);
  const calls = paidCalls(server).length;
  expect(calls).toBeGreaterThan(8);
  expect(result.usage.calls - result.usage.cachedCalls).toBe(calls);

  const second = await rankforge(['forge', job.recipe, '--out', job.out, '--json']);
  expect(second.code).toBe(first.code);
  expect(second.stderr).toMatch(
    /generate: unchanged\n.*teach: unchanged\n.*distill: unchanged\n.*evaluate: unchanged/s,
  );
  expect(JSON.parse(second.stdout.split('\n')[0]!).gate).toEqual(result.gate);
  expect(paidCalls(server)).toHaveLength(calls);

  // The student ranks by itself.
  const run = join(job.folder, 'bm25.trec');
  const ranked = join(job.folder, 'student.trec');
  expect((await rankforge(['retrieve', '--dataset', job.folder, '--k', '10', '--out', run])).code).toBe(0);
  const rerank = await rankforge([
    'rerank',
    '--dataset',
    job.folder,
    '--run',
    run,
    '--compare',
    `student:${result.student}`,
    '--out',
    ranked,
    '--json',
  ]);
  expect(rerank).toMatchObject({ code: 0 });
  expect(JSON.parse(rerank.stdout)).toMatchObject({ usage: { calls: 0 } });

  // No secret anywhere in what was written.
  for (const file of ['report.html', 'report.json', 'generate/examples.jsonl', 'generate/manifest.json']) {
    expect(readFileSync(join(job.out, file), 'utf8')).not.toContain('sk-secret-of-the-test');
  }
});

test('without judgements the job still runs, and says what its figures are worth', async () => {
  server = await startJobServer();
  const job = await smallJob({ ...server, judged: false, count: 12 });
  const { code, stderr } = await rankforge(['forge', job.recipe, '--out', job.out]);
  expect([0, 4], stderr).toContain(code);
  const report = readFileSync(join(job.out, 'report.md'), 'utf8');
  expect(report).toMatch(/no hand-made judgements/);
  expect(report).toMatch(/Measures over \d+ generated queries that were held out/);
  expect(report).toMatch(/unseen subjects, less bm25|not measured on subjects unseen/);
});

test('with nothing judged and nothing held out the job is refused before a call is paid for', async () => {
  server = await startJobServer();
  const job = await smallJob({ ...server, judged: false });
  writeFileSync(
    job.recipe,
    readFileSync(job.recipe, 'utf8').replace('  minWords', '  validation: 0\n  minWords'),
  );
  const run = await rankforge(['forge', job.recipe, '--out', job.out]);
  expect(run).toMatchObject({ code: 2, stderr: expect.stringMatching(/generate\.validation/) });
  expect(paidCalls(server)).toEqual([]);
});

test('generate makes the set of a folder and a count, with no recipe, and leaves nothing half done beside it', async () => {
  server = await startJobServer();
  const job = await smallJob(server);
  const args = [
    ...['generate', '--dataset', job.folder, '--count', '4', '--encoder', 'none', '--concurrency', '2'],
    ...['--model', 'openai:scripted', '--base-url', server.baseUrl, '--context', '2048', '--out', job.out],
  ];
  const stopped = await rankforge([...args, '--budget-calls', '6']);
  expect(stopped.code).toBe(3);
  expect(existsSync(join(job.out, 'generate/partial-examples.jsonl'))).toBe(true);
  const done = await rankforge([...args, '--json']);
  expect(done.code, done.stderr).toBe(0);
  expect(await collect(readExamples(join(job.out, 'examples.jsonl')))).toHaveLength(4);
  expect(existsSync(join(job.out, 'funnel.json'))).toBe(true);
  expect(existsSync(join(job.out, 'generate/partial-examples.jsonl'))).toBe(false);
});

test('a budget stops the job with exit code 3 and not one call above it; then it goes on and pays for nothing twice', async () => {
  server = await startJobServer();
  const job = await smallJob(server);
  const stopped = await rankforge(['forge', job.recipe, '--out', job.out, '--budget-calls', '12']);
  expect(stopped).toMatchObject({
    code: 3,
    stderr: expect.stringMatching(/stopped: The budget of 12 calls is used up/),
  });
  expect(paidCalls(server).length).toBeLessThanOrEqual(12);
  const { code } = await rankforge(['forge', job.recipe, '--out', job.out]);
  expect([0, 4]).toContain(code);
  const calls = paidCalls(server);
  expect(unique(calls)).toBe(calls.length);
});

test('Ctrl-C stops cleanly with exit code 3, and the next run resumes', async () => {
  const stop = new AbortController();
  server = await startJobServer((reply, index) => {
    if (index === 20) stop.abort();
    return chatReply(reply);
  });
  const job = await smallJob(server);
  const stopped = await rankforge(['forge', job.recipe, '--out', job.out], stop);
  expect(stopped).toMatchObject({ code: 3, stderr: expect.stringMatching(/stopped: .*\n.*resumes/) });
  const { code } = await rankforge(['forge', job.recipe, '--out', job.out]);
  expect([0, 4]).toContain(code);
});

test('a job that is stopped while its student learns resumes there, and asks the model nothing again', async () => {
  server = await startJobServer();
  const job = await smallJob(server);
  const controller = new AbortController();
  const stopped = await rankforge(['forge', job.recipe, '--out', job.out], {
    signal: controller.signal,
    onProgress: ({ stage }) => {
      if (stage === 'train linear') controller.abort();
    },
  });
  expect(stopped.code).toBe(3);
  expect(stopped.stderr).toContain('resumes');
  expect(existsSync(join(job.out, 'distill/student/student.json'))).toBe(false);
  const calls = paidCalls(server).length;
  const resumed = await rankforge(['forge', job.recipe, '--out', job.out]);
  expect([0, 4]).toContain(resumed.code);
  expect(resumed.stderr).toMatch(/generate: unchanged\n.*teach: unchanged/s);
  expect(paidCalls(server)).toHaveLength(calls);
});

test('kill -9 in the middle loses no answer that was written down, and the result is that of an unbroken run', async () => {
  server = await startJobServer((reply) => chatReply(reply, { delayMs: 20 }));
  const job = await smallJob(server);
  const child = spawn(
    process.execPath,
    ['dist/surfaces/cli/main.js', 'forge', job.recipe, '--out', job.out],
    { stdio: 'ignore' },
  );
  while (paidCalls(server).length < 20 && child.exitCode === null)
    await new Promise((resolve) => setTimeout(resolve, 10));
  child.kill('SIGKILL');
  await once(child, 'exit');
  const before = paidCalls(server);
  expect(before.length).toBeGreaterThanOrEqual(20);
  const { code } = await rankforge(['forge', job.recipe, '--out', job.out]);
  expect([0, 4]).toContain(code);
  // At most the calls that were in flight are asked again: the server had answered them, and nobody heard.
  const again = paidCalls(server)
    .slice(before.length)
    .filter((call) => before.includes(call));
  expect(again.length).toBeLessThanOrEqual(8);

  const whole = await smallJob(server);
  await rankforge(['forge', whole.recipe, '--out', whole.out]);
  const plain = async (out: string) =>
    (await examplesOf(out)).map(({ query, passages }) => [
      query.text,
      passages.map(({ passage, grade }) => [passage.id, grade]),
    ]);
  expect(await plain(job.out)).toEqual(await plain(whole.out));
});

test('a server that fails now and then is asked again, and the job is none the worse', async () => {
  let failures = 0;
  server = await startJobServer((reply, index) => {
    if (index % 20 !== 3) return chatReply(reply);
    failures += 1;
    return failure(500, 'overloaded');
  });
  const job = await smallJob(server);
  expect([0, 4]).toContain((await rankforge(['forge', job.recipe, '--out', job.out])).code);
  expect(failures).toBeGreaterThan(2);
  expect(await examplesOf(job.out)).toHaveLength(8);
});
