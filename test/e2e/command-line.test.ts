import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { forge } from '../../src/pipeline/forge.js';
import { loadRecipe } from '../../src/pipeline/recipe/load-recipe.js';
import { tinyGguf } from '../fixtures/tiny-gguf.js';
import { rankforge } from './run-in-process.js';

let folder: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rankforge-line-'));
  await mkdir(join(folder, 'qrels'));
  const fruits = ['apples', 'pears', 'plums', 'grapes', 'cherries', 'lemons'];
  const line = (value: unknown) => `${JSON.stringify(value)}\n`;
  writeFileSync(
    join(folder, 'corpus.jsonl'),
    fruits.map((text, index) => line({ _id: `p${index}`, text: `${text} are fruit ${index}` })).join(''),
  );
  writeFileSync(
    join(folder, 'queries.jsonl'),
    fruits.map((text, index) => line({ _id: `q${index}`, text: `fruit ${text}` })).join(''),
  );
  writeFileSync(
    join(folder, 'qrels/test.tsv'),
    `query-id\tcorpus-id\tscore\n${fruits.map((_, index) => `q${index}\tp${index}\t1\n`).join('')}`,
  );
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string): string => join(folder, name);
const firstStage = async (): Promise<string> => {
  await rankforge(['retrieve', '--dataset', folder, '--out', at('bm25.trec')]);
  return at('bm25.trec');
};
const recipe = (more = ''): string => {
  writeFileSync(
    at('recipe.yaml'),
    `name: line\ndataset: .\nencoder: none\nmodels:\n  writer: { model: "openai:x", baseUrl: "http://127.0.0.1:9" }\ngenerate:\n  model: writer\n  count: 2\n${more}`,
  );
  return at('recipe.yaml');
};

test('a misspelt flag is told before a required one that is missing, and the nearest right one named', async () => {
  const { code, stdout, stderr } = await rankforge(['retrieve', '--datasett', folder, '--json']);
  expect(code).toBe(2);
  expect(JSON.parse(stdout)).toMatchObject({
    error: { code: 'usage', where: '--datasett', hint: 'Did you mean "--dataset"?' },
  });
  expect(stderr).not.toContain('not specified');
});

test.each([
  [['bogus']],
  [['retrieve']],
  [['models', 'pull']],
  [['retrieve', '--dataset', 'x', '--out', 'y', '--k', '0']],
  [['evaluate', '--qrels', 'x', '--run', 'y', '--relevant-from', 'abc']],
  [['evaluate', '--qrels', 'x', '--run', 'y', '--seed', '']],
  [['plan', '--compare', 'oracle', '--depth', '1000000000']],
  [['plan', '--compare', 'oracle', '--queries', '0.5']],
  [['plan', '--compare', 'oracle', '--price-input', '1e999']],
  [['plan', '--run', 'bm25.trec', '--compare', 'oracle']],
  [['plan', '--dataset', 'x', '--compare', 'oracle']],
  [['retrieve', '--dataset', 'x', '--out', '-']],
  [['retrieve', '--dataset', 'x', '--out', '']],
  [['retrieve', '--dataset', 'x', '--out', 'y', '--retriever', 'dense', '--encoder', 'none']],
  [['generate', 'recipe.yaml', '--base-url', 'http://127.0.0.1:9', '--out', 'x']],
  [['generate', 'recipe.yaml', '--threads', '2', '--out', 'x']],
])('%j is a usage error, in JSON too', async (args) => {
  const run = await rankforge([...args, '--json']);
  expect(run.code).toBe(2);
  expect(JSON.parse(run.stdout)).toMatchObject({
    error: { code: 'usage', message: expect.stringMatching(/\w/), hint: expect.stringMatching(/\w/) },
  });
});

test.each([
  [['generate', '--dataset', 'no/such', '--count', '3', '--out', 'never', '--model', 'nope']],
  [['tune', '--dataset', 'no/such', '--out', 'never', '--model', 'nope']],
  [['rerank', '--dataset', 'no/such', '--run', 'none', '--out', 'never', '--model', 'nope']],
  [['rerank', '--dataset', 'no/such', '--run', 'none', '--out', 'never', '--compare', 'frist']],
  [['serve', '--model', 'opena:gpt']],
  [['mcp', '--dataset', 'no/such', '--model', 'nope']],
  [['mcp', '--dataset', 'no/such', '--encoder', 'miniml', '--retriever', 'dense']],
])('%j: a misspelt name is told before anything is read or made', async (args) => {
  const run = await rankforge([...args, '--json']);
  expect(run.code).toBe(2);
  expect(JSON.parse(run.stdout)).toMatchObject({ error: { code: 'unknown-name' } });
  expect(existsSync('never')).toBe(false);
});

test.each(['student:', 'student:no/such/folder'])(
  '--compare %s is a usage error with a hint',
  async (compare) => {
    const run = await rankforge([
      'rerank',
      '--dataset',
      folder,
      '--run',
      'x',
      '--out',
      at('y'),
      '--compare',
      compare,
    ]);
    expect(run.code).toBe(2);
    expect(run.stderr).toContain('student:FOLDER');
  },
);

test('a recipe with a misspelt model, or one without a key, ends before the corpus is indexed', async () => {
  const given = readFileSync(recipe(), 'utf8');
  writeFileSync(at('misspelt.yaml'), given.replace('"openai:x", baseUrl: "http://127.0.0.1:9"', 'nope'));
  const stages: string[] = [];
  const forged = (path: string) =>
    forge(loadRecipe(path), { out: at('out'), onProgress: ({ stage }) => stages.push(stage) });
  await expect(forged(at('misspelt.yaml'))).rejects.toMatchObject({ code: 'unknown-name', where: 'nope' });
  expect(existsSync(at('out'))).toBe(false);
  writeFileSync(at('keyless.yaml'), given.replace(', baseUrl: "http://127.0.0.1:9"', ''));
  vi.stubEnv('OPENAI_API_KEY', '');
  vi.stubEnv('OPENAI_BASE_URL', '');
  await expect(forged(at('keyless.yaml'))).rejects.toMatchObject({ code: 'refused-key' });
  expect(stages).toEqual([]);
  vi.unstubAllEnvs();
});

test('a gate that is not passed prints one JSON object, the result, and ends with exit code 4', async () => {
  const run = await firstStage();
  const args = [
    'distill',
    '--dataset',
    folder,
    '--run',
    run,
    '--teacher',
    run,
    '--encoder',
    'none',
    '--json',
  ];
  const done = await rankforge([...args, '--qrels', at('qrels/test.tsv'), '--out', at('student')]);
  expect(done.code).toBe(4);
  expect(JSON.parse(done.stdout)).toMatchObject({ gate: { passed: false } });
  expect(done.stderr).toContain('did not pass its gate');
});

test('two teachers with the same file name both count', async () => {
  const run = await firstStage();
  await mkdir(at('other'));
  writeFileSync(at('other/bm25.trec'), readFileSync(run));
  const args = ['distill', '--dataset', folder, '--run', run, '--encoder', 'none', '--out', at('student')];
  const done = await rankforge([...args, '--teacher', run, at('other/bm25.trec')]);
  expect(done.code).toBe(0);
  const { training } = JSON.parse(readFileSync(at('student/card.json'), 'utf8'));
  // As much of their paths as tells them apart: a card goes to others.
  expect(training.teachers).toEqual({ [`${basename(folder)}/bm25.trec`]: 1, 'other/bm25.trec': 1 });
});

test('a student is not written among files that are none, which is told before anything is read', async () => {
  await mkdir(at('mine'));
  writeFileSync(at('mine/README.md'), 'precious');
  const args = ['distill', '--dataset', 'no/such', '--run', 'none.trec', '--teacher', 'none.trec', '--json'];
  const run = await rankforge([...args, '--out', at('mine')]);
  expect(run.code).toBe(1);
  expect(JSON.parse(run.stdout)).toMatchObject({ error: { code: 'bad-file', where: at('mine/README.md') } });
  writeFileSync(at('file'), '');
  expect(JSON.parse((await rankforge([...args, '--out', at('file')])).stdout)).toMatchObject({
    error: { code: 'missing-file', where: at('file') },
  });
});

test("another collection's judgements are refused before a student is trained", async () => {
  const run = await firstStage();
  writeFileSync(at('other.tsv'), 'query-id\tcorpus-id\tscore\nx1\ty1\t1\n');
  const args = ['--dataset', folder, '--run', run, '--teacher', run, '--encoder', 'none'];
  const more = ['--qrels', at('other.tsv'), '--out', at('student'), '--json'];
  const { code, stdout, stderr } = await rankforge(['distill', ...args, ...more]);
  expect(code).toBe(1);
  expect(JSON.parse(stdout).error).toMatchObject({
    code: 'too-little-data',
    where: 'q0, q1, q2',
    hint: expect.stringMatching(/same collection/),
  });
  expect(stderr).not.toMatch(/train/);
});

test('queries that a teacher does not rank are left out, and counted', async () => {
  const run = await firstStage();
  const lines = readFileSync(run, 'utf8').split('\n');
  writeFileSync(at('part.trec'), `${lines.filter((line) => !line.startsWith('q0 ')).join('\n')}\n`);
  const done = await rankforge([
    ...['distill', '--dataset', folder, '--run', run, '--teacher', at('part.trec')],
    ...['--encoder', 'none', '--out', at('student'), '--json'],
  ]);
  expect(done).toMatchObject({ code: 0, stderr: expect.stringMatching(/left out.*: 1\n/) });
  expect(JSON.parse(done.stdout)).toMatchObject({ queries: 5 });
});

test('queries without judgements are searched for; a dataset without queries is an error, as is an empty run', async () => {
  rmSync(at('qrels'), { recursive: true });
  expect((await rankforge(['retrieve', '--dataset', folder, '--out', at('all.trec')])).code).toBe(0);
  expect(readFileSync(at('all.trec'), 'utf8')).toMatch(/^q0 .*\n(.*\n)*q5 /);
  const named = await rankforge(['retrieve', '--dataset', folder, '--split', 'test', '--out', at('x')]);
  expect(named).toMatchObject({ code: 1, stderr: expect.stringMatching(/no split "test"/) });
  rmSync(at('queries.jsonl'));
  const none = await rankforge(['retrieve', '--dataset', folder, '--out', at('none.trec'), '--json']);
  expect(none.code).toBe(1);
  expect(JSON.parse(none.stdout)).toMatchObject({ error: { code: 'too-little-data', where: folder } });
  writeFileSync(at('none.trec'), '');
  const empty = await rankforge([
    ...['rerank', '--dataset', folder, '--run', at('none.trec'), '--compare', 'oracle', '--json'],
    ...['--qrels', at('none.trec'), '--out', at('out.trec')],
  ]);
  expect(JSON.parse(empty.stdout)).toMatchObject({ error: { code: 'too-little-data' } });
  expect(existsSync(at('out.trec'))).toBe(false);
});

test('rerank tells what its run reaches on the judgements that it is given, as evaluate does', async () => {
  const args = ['rerank', '--dataset', folder, '--run', await firstStage(), '--compare', 'oracle'];
  const judged = ['--qrels', at('qrels/test.tsv')];
  const done = await rankforge([...args, ...judged, '--method', 'full', '--out', at('o.trec'), '--json']);
  const evaluated = await rankforge([
    ...['evaluate', '--run', at('o.trec'), ...judged, '--measures', 'nDCG@10', '--json'],
  ]);
  const { measures, perQuery } = JSON.parse(done.stdout);
  expect(measures).toEqual(JSON.parse(evaluated.stdout).results[0].measures);
  expect(measures['nDCG@10']).toBeGreaterThan(0);
  expect(perQuery).toEqual({ calls: 1, rounds: 1 });
});

test('evaluate says which judged queries a run does not answer', async () => {
  const run = await firstStage();
  const lines = readFileSync(run, 'utf8').split('\n');
  await mkdir(at('other'));
  writeFileSync(at('other/bm25.trec'), `${lines.filter((line) => !line.startsWith('q0 ')).join('\n')}\n`);
  const args = ['evaluate', '--qrels', at('qrels/test.tsv'), '--run', run, at('other/bm25.trec')];
  const done = await rankforge([...args, '--measures', 'RR']);
  expect(done.stderr).toBe('warning: judged queries that other/bm25.trec does not answer, counted as 0: 1\n');
  const row = (name: string) => done.stdout.split('\n').find((line) => line.startsWith(`${name} `))!;
  expect(row(`${basename(folder)}/bm25.trec`)).toMatch(/ 1\.0000 /);
  expect(row('other/bm25.trec')).toMatch(/ 0\.8333 /);
});

test.each([
  ['a comparator', 'teachers:\n  - { name: t, compare: likelyhood, model: writer }\n', /likelihood/],
  ['a program', 'teachers:\n  - { name: t, compare: first, method: slidng, model: writer }\n', /sliding/],
  ['a measure', 'evaluate: { measures: [nDGC@10] }\n', /nDCG@10/],
  [
    'a name taken twice',
    'teachers:\n  - { name: bm25, compare: first, model: writer }\n',
    /a name of its own/,
  ],
  ['an alias', 'seed: *nope\n', /&name/],
])('%s that the recipe gets wrong is told before anything is generated', async (what, more, hint) => {
  const run = await rankforge(['forge', recipe(more), '--out', at('out'), '--json']);
  expect(run.code).toBe(2);
  expect(JSON.parse(run.stdout)).toMatchObject({
    error: { code: 'bad-recipe', hint: expect.stringMatching(hint) },
  });
  const lines = readFileSync(at('recipe.yaml'), 'utf8').split('\n');
  // A file that is no YAML at all has no line of its own.
  const line = what === 'an alias' ? '' : `:${lines.indexOf(more.split('\n').at(-2)!) + 1}`;
  expect(JSON.parse(run.stdout).error.where).toBe(`${at('recipe.yaml')}${line}`);
  expect(existsSync(at('out'))).toBe(false);
});

test("a folder with somebody's files is not cleared because it has a stage's name", async () => {
  await mkdir(at('out/generate'), { recursive: true });
  writeFileSync(at('out/generate/mine.txt'), 'precious');
  const run = await rankforge(['forge', recipe(), '--out', at('out'), '--json']);
  expect(run.code).toBe(1);
  expect(JSON.parse(run.stdout)).toMatchObject({
    error: { code: 'bad-file', where: at('out/generate/mine.txt') },
  });
  expect(readFileSync(at('out/generate/mine.txt'), 'utf8')).toBe('precious');
});

test('a budget smaller than one round still gets further each time, and ends', async () => {
  const run = join(folder, 'five.trec');
  writeFileSync(run, [0, 1, 2, 3, 4].map((n) => `q0 Q0 p${n} ${n + 1} ${9 - n} t\n`).join(''));
  const args = [
    ...['rerank', '--dataset', folder, '--run', run, '--method', 'pointwise', '--compare', 'likelihood'],
    ...['--model', await tinyGguf(), '--context', '512', '--threads', '1', '--budget-calls', '2'],
    ...['--ledger', join(folder, 'ledger'), '--out', join(folder, 'out.trec'), '--json'],
  ];
  const codes: number[] = [];
  while (codes.length < 4 && codes.at(-1) !== 0) codes.push((await rankforge(args)).code);
  // Five calls, two a time.
  expect(codes).toEqual([3, 3, 0]);
});

test('a reader of progress that leaves does not end the work', async () => {
  const child = spawn(
    process.execPath,
    [
      '--import',
      'tsx',
      'src/surfaces/cli/main.ts',
      'retrieve',
      '--dataset',
      folder,
      '--out',
      at('bm25.trec'),
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  child.stdout.destroy();
  child.stderr.destroy();
  expect((await once(child, 'exit'))[0]).toBe(0);
  expect(existsSync(at('bm25.trec'))).toBe(true);
});
