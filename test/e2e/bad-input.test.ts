import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { startJobServer } from '../fixtures/job-server.js';
import {
  chatReply,
  failure,
  htmlReply,
  type ScriptedReply,
  type ScriptedServer,
} from '../fixtures/scripted-server.js';
import { smallJob } from '../fixtures/small-job.js';
import { tinyGguf } from '../fixtures/tiny-gguf.js';
import { rankforge } from './run-in-process.js';

let folder: string;
let server: ScriptedServer | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rankforge-bad-'));
});
afterEach(async () => {
  await server?.[Symbol.asyncDispose]();
  server = undefined;
});
beforeAll(() => {
  process.env.OPENAI_API_KEY = 'sk-secret-of-the-test';
});

/** A small BEIR folder. */
async function dataset({
  corpus = '{"_id":"a","text":"apples are red"}\n{"_id":"b","text":"pears are green"}\n',
  queries = '{"_id":"q","text":"red fruit"}\n',
  qrels = 'query-id\tcorpus-id\tscore\nq\ta\t1\n',
}: {
  corpus?: string | undefined;
  queries?: string;
  qrels?: string;
} = {}): Promise<string> {
  await mkdir(join(folder, 'qrels'), { recursive: true });
  writeFileSync(join(folder, 'corpus.jsonl'), corpus);
  writeFileSync(join(folder, 'queries.jsonl'), queries);
  writeFileSync(join(folder, 'qrels/test.tsv'), qrels);
  return folder;
}

const recipe = (more = ''): string => {
  const path = join(folder, 'recipe.yaml');
  writeFileSync(
    path,
    `name: bad\ndataset: .\nencoder: none\nmodels:\n  writer: { model: "openai:x", baseUrl: "http://127.0.0.1:9" }\ngenerate:\n  model: writer\n  count: 2\n${more}`,
  );
  return path;
};

const forge = (path: string, out = join(folder, 'out')) => rankforge(['forge', path, '--out', out, '--json']);
const problem = ({ stdout }: { stdout: string }) =>
  (JSON.parse(stdout.trim().split('\n').at(-1)!) as { error: unknown }).error;

test.each([
  ['an empty corpus', { corpus: '' }, 'empty-corpus', /corpus/],
  ['bad JSON on line 2', { corpus: '{"_id":"a","text":"x"}\n{"_id":"b",\n' }, 'bad-line', /corpus\.jsonl:2/],
  ['a document without text', { corpus: '{"_id":"a"}\n' }, 'bad-line', /corpus\.jsonl:1/],
  [
    'duplicate ids',
    { corpus: '{"_id":"a","text":"x"}\n{"_id":"a","text":"y"}\n' },
    'duplicate-id',
    /corpus\.jsonl:2/,
  ],
  [
    'judgements of unknown documents',
    { qrels: 'query-id\tcorpus-id\tscore\nq\tzz\t1\n' },
    'unknown-id',
    /test\.tsv:2/,
  ],
  [
    'a grade that is no number',
    { qrels: 'query-id\tcorpus-id\tscore\nq\ta\tyes\n' },
    'bad-line',
    /test\.tsv:2/,
  ],
])('%s', async (_name, files, code, where) => {
  await dataset(files);
  const run = await forge(recipe());
  expect(run.code).toBe(1);
  expect(problem(run)).toMatchObject({
    code,
    where: expect.stringMatching(where),
    hint: expect.stringMatching(/\w/),
  });
  expect(run.stderr).not.toMatch(/\n\s+at /);
});

test.each([
  ['evaluate', (run: string) => ['--qrels', join(folder, 'qrels/test.tsv'), '--run', run]],
  [
    'rerank',
    (run: string) => ['--dataset', folder, '--run', run, '--compare', 'bm25', '--out', `${run}.out`],
  ],
  ['plan', (run: string) => ['--dataset', folder, '--run', run, '--compare', 'bm25']],
])('%s of a run that is empty names the file', async (command, flags) => {
  await dataset();
  const run = join(folder, 'run.trec');
  writeFileSync(run, '');
  const ended = await rankforge([command, ...flags(run), '--json']);
  expect(ended.code).toBe(1);
  expect(problem(ended)).toMatchObject({ code: 'too-little-data', where: run });
});

test.each([
  ['evaluate', () => []],
  ['rerank', () => ['--dataset', folder, '--compare', 'oracle', '--out', join(folder, 'out')]],
  ['calibrate', () => ['--compare', 'bm25', '--out', join(folder, 'out')]],
  [
    'distill',
    () => [
      ...['--dataset', folder, '--teacher', join(folder, 'run.trec'), '--student', 'linear'],
      ...['--encoder', 'none', '--out', join(folder, 'out')],
    ],
  ],
])('%s with judgements that are empty names the file', async (command, flags) => {
  await dataset();
  const [run, qrels] = [join(folder, 'run.trec'), join(folder, 'none.qrels')];
  writeFileSync(run, 'q Q0 a 1 2 t\nq Q0 b 2 1 t\n');
  writeFileSync(qrels, '');
  const ended = await rankforge([command, '--run', run, '--qrels', qrels, ...flags(), '--json']);
  expect(ended.code).toBe(1);
  expect(problem(ended)).toMatchObject({ code: 'too-little-data', where: qrels });
});

test('distill with a teacher that is empty names the file', async () => {
  await dataset();
  const [run, teacher] = [join(folder, 'run.trec'), join(folder, 'teacher.trec')];
  writeFileSync(run, 'q Q0 a 1 2 t\nq Q0 b 2 1 t\n');
  writeFileSync(teacher, '');
  const args = ['--dataset', folder, '--run', run, '--teacher', run, teacher, '--student', 'linear'];
  const ended = await rankforge(['distill', ...args, '--out', join(folder, 'out'), '--json']);
  expect(ended.code).toBe(1);
  expect(problem(ended)).toMatchObject({ code: 'too-little-data', where: teacher });
});

test('a corpus that is not there', async () => {
  await dataset();
  rmSync(join(folder, 'corpus.jsonl'));
  const run = await forge(recipe());
  expect(run.code).toBe(1);
  expect(problem(run)).toMatchObject({
    code: 'missing-file',
    where: folder,
    hint: expect.stringMatching(/corpus\.jsonl/),
  });
});

test('a misspelt recipe key names the nearest right one and ends with exit code 2', async () => {
  await dataset();
  const run = await forge(recipe('studnets: [linear]\n'));
  expect(run.code).toBe(2);
  expect(problem(run)).toMatchObject({
    code: 'bad-recipe',
    where: expect.stringMatching(/recipe\.yaml:9$/),
    hint: 'Did you mean "students"?',
  });
});

test.each([
  ['an unknown command', ['forg'], /forge/],
  ['an unknown option', ['evaluate', '--qrel', 'x'], /--qrels/],
  ['a missing option', ['retrieve', '--dataset', 'x'], /--out/],
  ['a number that is none', ['retrieve', '--dataset', 'x', '--out', 'y', '--k', 'many'], /whole number/],
  [
    'an unknown measure',
    ['evaluate', '--qrels', 'QRELS', '--run', 'RUN', '--measures', 'nDGC@10'],
    /nDCG@10/,
  ],
  [
    'an unknown program',
    [
      'rerank',
      '--dataset',
      'DATA',
      '--run',
      'RUN',
      '--out',
      'OUT',
      '--method',
      'slidng',
      '--compare',
      'oracle',
    ],
    /sliding/,
  ],
  [
    'an unknown comparator',
    ['rerank', '--dataset', 'DATA', '--run', 'RUN', '--out', 'OUT', '--compare', 'frist'],
    /first/,
  ],
  [
    'an unknown model',
    ['rerank', '--dataset', 'DATA', '--run', 'RUN', '--out', 'OUT', '--model', 'qwen2.5-coder-1.5b-instrct'],
    /qwen2\.5-coder-1\.5b-instruct/,
  ],
  [
    'an unknown student',
    [
      'distill',
      '--dataset',
      'DATA',
      '--run',
      'RUN',
      '--teacher',
      'RUN',
      '--out',
      'OUT',
      '--student',
      'liner',
    ],
    /linear/,
  ],
])('%s ends with exit code 2 and names what is right', async (_name, args, hint) => {
  await dataset();
  writeFileSync(join(folder, 'run.trec'), 'q Q0 a 1 2 t\nq Q0 b 2 1 t\n');
  const places: Record<string, string> = {
    DATA: folder,
    RUN: join(folder, 'run.trec'),
    QRELS: join(folder, 'qrels/test.tsv'),
    OUT: join(folder, 'out.trec'),
  };
  const run = await rankforge(args.map((arg) => places[arg] ?? arg));
  expect(run.code).toBe(2);
  expect(run.stderr).toMatch(hint);
});

test('weights with a wrong hash', async () => {
  const path = await tinyGguf();
  const run = await rankforge(['models', 'pull', `file:${path}#sha256=${'0'.repeat(64)}`, '--json']);
  expect(run.code).toBe(1);
  expect(problem(run)).toMatchObject({ code: 'bad-weights', message: expect.stringMatching(/SHA-256/) });
});

test('a file that is no model', async () => {
  await dataset();
  writeFileSync(join(folder, 'run.trec'), 'q Q0 a 1 2 t\nq Q0 b 2 1 t\n');
  writeFileSync(join(folder, 'fake.gguf'), 'this is not a model');
  const run = await rankforge([
    'rerank',
    '--dataset',
    folder,
    '--run',
    join(folder, 'run.trec'),
    '--model',
    join(folder, 'fake.gguf'),
    '--out',
    join(folder, 'out.trec'),
    '--json',
  ]);
  expect(run.code).toBe(1);
  expect(problem(run)).toMatchObject({ code: expect.stringMatching(/^(bad-weights|bad-file)$/) });
});

/** Faults after the tenth call, when some work is done. */
const faults: [name: string, fault: ScriptedReply, code: string][] = [
  ['HTML', htmlReply, 'bad-reply'],
  ['500', failure(500, 'down'), 'server-error'],
  ['429 without end', failure(429, 'slow down', { 'retry-after': '0' }), 'rate-limited'],
  ['401', failure(401, 'wrong key'), 'refused-key'],
  ['half a body', { ...chatReply('Yes'), cutAfterBytes: 40 }, 'bad-reply'],
  ['nothing', { body: '' }, 'bad-reply'],
];
// Side by side, since they wait for retries.
test.concurrent.each(faults)(
  'a server that begins to answer %s: a typed error, and nothing done is lost',
  async (_name, fault) => {
    let broken = true;
    let calls = 0;
    await using failing = await startJobServer((reply) => {
      calls += 1;
      return broken && calls > 20 ? fault : chatReply(reply);
    });
    const job = await smallJob(failing);
    const run = await rankforge(['forge', job.recipe, '--out', job.out, '--json']);
    // A reply may be rejected and counted, or stop the job; either is said, and never with a stack trace or the key.
    expect([1, 3]).toContain(run.code);
    expect(problem(run)).toMatchObject({
      code: expect.stringMatching(/./),
      hint: expect.stringMatching(/./),
    });
    expect(run.stdout + run.stderr).not.toMatch(/sk-secret|\n\s+at /);
    broken = false;
    const before = calls;
    expect([0, 4]).toContain((await rankforge(['forge', job.recipe, '--out', job.out])).code);
    const whole = await smallJob(failing);
    const middle = calls;
    await rankforge(['forge', whole.recipe, '--out', whole.out]);
    expect(middle - before).toBeLessThan(calls - middle);
  },
);

test('a reply that is no permutation is an error by default, and keeps the order with a warning when asked', async () => {
  server = await startJobServer(() => chatReply('Both passages 1 and 2 are about fruit.'));
  await dataset();
  writeFileSync(join(folder, 'run.trec'), 'q Q0 a 1 2 t\nq Q0 b 2 1 t\n');
  const args = [
    'rerank',
    '--dataset',
    folder,
    '--run',
    join(folder, 'run.trec'),
    '--compare',
    'generate',
    '--model',
    'openai:x',
    '--base-url',
    server.baseUrl,
    '--out',
    join(folder, 'out.trec'),
    '--json',
  ];
  const thrown = await rankforge(args);
  expect(thrown.code).toBe(1);
  expect(problem(thrown)).toMatchObject({ code: 'unparsed-ranking' });
  const kept = await rankforge([...args, '--on-failure', 'keep']);
  expect(kept.code).toBe(0);
  expect(JSON.parse(kept.stdout).warnings).toContainEqual(expect.objectContaining({ code: 'kept-order' }));
  expect(readFileSync(join(folder, 'out.trec'), 'utf8')).toMatch(/^q Q0 a 1 .*\nq Q0 b 2 /);
});

test('a folder that cannot be written', async () => {
  await dataset();
  writeFileSync(join(folder, 'file'), '');
  const run = await rankforge([
    'retrieve',
    '--dataset',
    folder,
    '--out',
    join(folder, 'file', 'out.trec'),
    '--json',
  ]);
  expect(run.code).toBe(1);
  expect(problem(run)).toMatchObject({
    code: expect.stringMatching(/no-permission|missing-file/),
    where: expect.stringMatching(/file/),
  });
});

test.each([
  ['a query', { queries: '{"_id":"q 1","text":"red fruit"}\n', qrels: 'q 1\ta\t1\n' }, 'queries.jsonl'],
  ['a passage', { corpus: '{"_id":"a b","text":"apples"}\n', qrels: 'q\ta b\t1\n' }, 'corpus.jsonl'],
])('%s whose id no run can hold is told before the search', async (_name, files, file) => {
  await dataset(files);
  const stages: string[] = [];
  const args = ['retrieve', '--dataset', folder, '--out', join(folder, 'out.trec'), '--json'];
  const run = await rankforge(args, { onProgress: ({ stage }) => stages.push(stage) });
  expect(run.code).toBe(1);
  expect(problem(run)).toMatchObject({ code: 'unsupported', where: join(folder, file) });
  expect(stages).not.toContain('retrieve');
});

test('a full disk while a run is written', async () => {
  await dataset();
  const run = await rankforge(['retrieve', '--dataset', folder, '--out', '/dev/full', '--json']);
  expect(run.code).toBe(1);
  expect(problem(run)).toMatchObject({ code: 'disk-full' });
});

test('--skip-bad goes on without the bad lines and writes them aside', async () => {
  await dataset({ corpus: '{"_id":"a","text":"apples are red"}\nnot json\n{"_id":"b","text":"pears"}\n' });
  const run = await rankforge([
    'retrieve',
    '--dataset',
    folder,
    '--out',
    join(folder, 'out.trec'),
    '--skip-bad',
    '--json',
  ]);
  expect(run.code).toBe(0);
  expect(run.stderr).toMatch(/bad lines skipped: 1;/);
  expect(readFileSync(join(folder, 'bad-lines.jsonl'), 'utf8')).toMatch(/not json/);
});

test('--skip-bad is for runs and judgements too', async () => {
  await dataset();
  writeFileSync(join(folder, 'run.trec'), 'q Q0 a 1 2 t\nno line of a run\nq Q0 b 2 1 t\n');
  writeFileSync(join(folder, 'judged.txt'), 'q 0 a 1\nq 0 b yes\n');
  const args = [
    ...['rerank', '--dataset', folder, '--run', join(folder, 'run.trec'), '--compare', 'oracle'],
    ...['--qrels', join(folder, 'judged.txt'), '--out', join(folder, 'out.trec'), '--json'],
  ];
  expect(problem(await rankforge(args))).toMatchObject({
    code: 'bad-line',
    where: join(folder, 'run.trec:2'),
  });
  const run = await rankforge([...args, '--skip-bad']);
  expect(run).toMatchObject({ code: 0, stderr: expect.stringMatching(/bad lines skipped: 2;/) });
  const aside = readFileSync(join(folder, 'bad-lines.jsonl'), 'utf8').trim().split('\n');
  expect(aside.map((line) => JSON.parse(line).text)).toEqual(['no line of a run', 'q 0 b yes']);
});
