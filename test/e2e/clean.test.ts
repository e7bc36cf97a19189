import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { writeTinyBert } from '../models/encoder/tiny-bert.js';
import { rankforge } from './run-in-process.js';

let folder = '';
const inFolder = (...parts: string[]) => join(folder, ...parts);
const lines = (path: string) =>
  readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

const text =
  'The tenant has to pay the rent before the end of every month, and the deposit when the contract is signed by both sides.';
const judged =
  'Wear that comes of ordinary use of the rooms is paid for with the rent, and no landlord may keep a deposit for it.';
const corpus = [
  { _id: 'first', title: '', text: `${text} Ask jane@example.org.` },
  { _id: 'again', title: '', text: `${text.toUpperCase()} ask john@example.org` },
  {
    _id: 'german',
    title: '',
    text: 'Der Mieter muss die Miete vor dem Ende jedes Monats bezahlen, und die Kaution bei Vertragsschluss.',
  },
  { _id: 'judged', title: '', text: judged },
  {
    _id: 'other',
    title: 'Heating',
    text: 'The heating is serviced once a year, and the landlord bears what that costs him.',
  },
];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clean-'));
  await mkdir(inFolder('corpus'));
  await writeFile(
    inFolder('corpus', 'corpus.jsonl'),
    corpus.map((each) => `${JSON.stringify(each)}\n`).join(''),
  );
  await mkdir(inFolder('evaluation', 'qrels'), { recursive: true });
  await writeFile(
    inFolder('evaluation', 'corpus.jsonl'),
    `${JSON.stringify({ _id: 'e', title: '', text: judged })}\n${JSON.stringify({ _id: 'f', title: '', text: corpus[4]!.text })}\n`,
  );
  await writeFile(inFolder('evaluation', 'queries.jsonl'), '{"_id": "q", "text": "who pays for wear"}\n');
  await writeFile(
    inFolder('evaluation', 'qrels', 'test.tsv'),
    'query-id\tcorpus-id\tscore\nq\te\t2\nq\tf\t0\n',
  );
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => vi.unstubAllEnvs());

test('clean: languages, personal data, duplicates and evaluation passages, each with its reason', async () => {
  const out = inFolder('cleaned');
  const args = [
    'clean',
    '--dataset',
    inFolder('corpus'),
    '--languages',
    'en',
    '--scrub-pii',
    '--against',
    inFolder('evaluation'),
    '--out',
    out,
    '--json',
  ];
  const { code, stdout } = await rankforge(args);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ passages: 5, kept: 2, noted: { email: 2 } });
  expect(lines(join(out, 'corpus.jsonl'))).toEqual([
    { ...corpus[0], text: `${text} Ask [EMAIL].` },
    corpus[4],
  ]);
  expect(lines(join(out, 'removed.jsonl'))).toEqual([
    { id: 'again', stage: 'near-duplicates', reason: 'exact-duplicate', of: 'first', resemblance: 1 },
    { id: 'german', stage: 'language', reason: 'wrong-language' },
    { id: 'judged', stage: 'passage-contamination', reason: 'evaluation-passage' },
  ]);
  const { stages } = JSON.parse(readFileSync(join(out, 'funnel.json'), 'utf8'));
  expect(stages.map(({ stage }: { stage: string }) => stage)).toEqual([
    'language',
    'pii',
    'near-duplicates',
    'passage-contamination',
  ]);
  // Again into its own folder is no other hand's.
  expect((await rankforge(args)).code).toBe(0);
});

test('clean with nothing asked removes duplicates alone; --keep-duplicates nothing', async () => {
  const plain = inFolder('plain');
  expect((await rankforge(['clean', '--dataset', inFolder('corpus'), '--out', plain])).stdout).toContain(
    '5 of 5 passages',
  );
  expect(lines(join(plain, 'corpus.jsonl'))).toEqual(corpus);
  const near = inFolder('near');
  const { stdout } = await rankforge([
    'clean',
    '--dataset',
    inFolder('corpus'),
    '--threshold',
    '0.6',
    '--out',
    near,
  ]);
  expect(stdout).toContain('4 of 5 passages');
  const kept = inFolder('kept');
  const all = await rankforge([
    'clean',
    '--dataset',
    inFolder('corpus'),
    '--threshold',
    '0.6',
    '--keep-duplicates',
    '--out',
    kept,
  ]);
  expect(all.stdout).toContain('5 of 5 passages');
});

test.each([
  [['--languages', 'tlh'], 2, 'tlh'],
  [['--scrub-pii', '--countries', 'Germany'], 2, 'Germany'],
  [['--threshold', '2'], 2, 'A number from 0 to 1'],
  [['--against', 'nowhere'], 1, 'nowhere'],
  [['--embedding', '0.9'], 2, 'Name the evaluation sets with --against'],
  [['--embedding', '0'], 2, 'A number above 0, and 1 at most'],
  [['--embedding', '0.9', '--against', '.', '--encoder', 'none'], 2, '--embedding needs an encoder'],
])('clean %j ends with code %i and says why', async (args, code, words) => {
  const out = inFolder('refused');
  const run = await rankforge(['clean', '--dataset', inFolder('corpus'), '--out', out, ...args]);
  expect(run.code).toBe(code);
  expect(run.stderr).toContain(words);
  expect(existsSync(join(out, 'corpus.jsonl'))).toBe(false);
});

test('clean --embedding takes out what says the same in other words, by the encoder given', async () => {
  // Embeddings are kept beside the weights: not among those of whoever runs this.
  vi.stubEnv('RANKFORGE_HOME', inFolder('home'));
  const out = inFolder('by-meaning');
  const args = ['clean', '--dataset', inFolder('corpus'), '--against', inFolder('evaluation'), '--out', out];
  const encoder = ['--encoder', await writeTinyBert()];
  // Nothing but the equal passage is as near as 1; to this encoder, which knows none of their words, the rest is no further off.
  const run = await rankforge([...args, '--embedding', '0.9', ...encoder]);
  expect(run.stderr).toBe('');
  expect(run.code).toBe(0);
  const removed = lines(join(out, 'removed.jsonl'));
  expect(removed).toContainEqual({
    id: 'other',
    stage: 'passage-contamination',
    reason: 'similar-to-evaluation-passage',
  });
  expect((await rankforge([...args, ...encoder])).stdout).toContain('4 of 5 passages');
});

test('clean does not write over a corpus that it did not make', async () => {
  const before = readFileSync(inFolder('corpus', 'corpus.jsonl'), 'utf8');
  const run = await rankforge(['clean', '--dataset', inFolder('corpus'), '--out', inFolder('corpus')]);
  expect(run.code).toBe(1);
  expect(readFileSync(inFolder('corpus', 'corpus.jsonl'), 'utf8')).toBe(before);
});
