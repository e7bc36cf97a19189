import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { collect } from '../../src/core/collect.js';
import { exportNames } from '../../src/formats/cards/export-set.js';
import { readExamples } from '../../src/formats/examples.js';
import { exportFormatNames } from '../../src/formats/exports/formats.js';
import type { FunnelData, StageCounts } from '../../src/generate/funnel.js';
import { forge, generateOnly } from '../../src/pipeline/forge.js';
import type { SetDetails } from '../../src/pipeline/generation/finish-set.js';
import { loadRecipe } from '../../src/pipeline/recipe/load-recipe.js';
import { chatReply, type ScriptedServer } from '../fixtures/scripted-server.js';
import { writeTinyBert } from '../models/encoder/tiny-bert.js';
import { paidFor, startSetServer, topicOf, topicQueries } from './set-server.js';

let server: ScriptedServer | undefined;
afterEach(() => server?.[Symbol.asyncDispose]());
beforeAll(() => {
  process.env.OPENAI_API_KEY = 'sk-test';
});

type Line = { _id: string; title?: string; text: string; metadata?: object };
const lines = (records: readonly object[]): string =>
  records.map((record) => `${JSON.stringify(record)}\n`).join('');
const handbook: Line[] = readFileSync('datasets/handbook/corpus.jsonl', 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));
const corpus: Line[] = handbook
  .filter((_, index) => index % 7 === 0)
  .map((line, index) => ({ ...line, metadata: { shelf: index % 3 === 0 ? 'left' : 'right' } }));
const mail =
  'Write to the keeper of the register, jane.doe@example.com, before the end of the month in question.';
const german =
  'Der Himmel über dem Fluss war an diesem Abend so klar, dass man die Berge hinter der Stadt sehen konnte.';
const copied = handbook[3]!;
const share = { value: 0.1, low: 0, high: 0.2 };

function write(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

const wanted = 20;

/** A job with every optional section, beside its files. */
function everySection({ baseUrl }: ScriptedServer): { recipe: string; out: string; folder: string } {
  const folder = mkdtempSync(join(tmpdir(), 'rankforge-set-'));
  const model = (name: string) => `{ model: "openai:${name}", baseUrl: "${baseUrl}", concurrency: 2 }`;
  write(folder, {
    'data/corpus.jsonl': lines([
      ...corpus,
      { _id: 'mail', text: `${corpus[1]!.text} ${mail}`, metadata: { shelf: 'left' } },
      { _id: 'german', text: german, metadata: { shelf: 'left' } },
      { _id: 'copied', text: copied.text, metadata: { shelf: 'right' } },
      { _id: 'again', text: corpus[2]!.text, metadata: { shelf: 'right' } },
      { _id: 'short', text: 'Too short to ask about.', metadata: { shelf: 'left' } },
    ]),
    'data/queries.jsonl': lines([{ _id: 'q1', text: 'how does one measure a ranking' }]),
    'data/qrels/test.tsv': `query-id\tcorpus-id\tscore\nq1\t${corpus[0]!._id}\t1\n`,
    'other/corpus.jsonl': lines([{ _id: 'x', text: copied.text }]),
    'other/queries.jsonl': lines([{ _id: 'q9', text: 'where is the other collection kept' }]),
    'other/qrels/test.tsv': 'query-id\tcorpus-id\tscore\nq9\tx\t1\n',
    'examples.jsonl': lines([
      {
        query: 'why do ferns like the shade?',
        passage: 'Ferns have no wax on their leaves and dry out in the sun.',
      },
      {
        query: 'how does one measure a ranking',
        passage: 'Rankings are measured by their first few places.',
      },
    ]),
    'threshold.json': JSON.stringify({
      format: 1,
      of: `judge yes-no with ${['second', 'third', 'fourth'].map((name) => `openai:${name}@${baseUrl}`).join(', ')}`,
      aim: { by: 'false-negative-rate', most: 0.05 },
      threshold: 0.5,
      figures: {
        queries: 8,
        pairs: 80,
        unfiltered: share,
        falseNegativeRate: share,
        recall: share,
        kept: share,
        fMeasure: share,
      },
    }),
    'recipe.yaml': `name: everything
dataset: data
encoder: none
models:
  first: ${model('first')}
  second: ${model('second')}
  third: ${model('third')}
  fourth: ${model('fourth')}
generate:
  model: first
  count: ${wanted}
  minWords: 12
  documents: 40
  sample: { method: quota, field: shelf, shares: { left: 0.5, right: 0.5 }, refill: any }
  types:
    question: 0.2
    keyword: 0.1
    how-to: 0.1
    claim: 0.1
    comparison: 0.1
    multi-hop: 0.1
    follow-up: 0.1
    unanswerable: 0.1
    instructed: 0.2
  voices:
    personas: [a nurse, a clerk]
    styles: [terse]
    difficulties: [easy, hard]
  examples: { file: examples.jsonl, count: 2 }
  unanswerable: 3
  reversed: trust
  roundTrip: 40
  graded:
    share: 0.3
    lengths: [20, 20, 20, 20]
    styles: [a letter, a note, a page, a report]
    onDisagreement: rewrite
    rewrites: 1
    lengthBias: warn
  edits: { share: 0.3, how: [missing, wrong] }
  negatives:
    mined: 2
    written: 1
    random: 1
    mix:
      - { kind: mined, retriever: bm25, share: 2 }
      - { kind: written, share: 1 }
      - { kind: random, share: 1 }
    onShort: leave
    from: [bm25]
    band: [2, 30]
    belowShare: 0.99
    falseNegativeGrade: 2
    onFalseNegative: drop
    threshold: threshold.json
    writer: third
  judge: { model: second, mode: yes-no, panel: [third, fourth], aggregate: majority }
  hygiene:
    languages: [en]
    unknownLanguage: keep
    pii: { kinds: [email], countries: [US] }
    against: [other]
    ngrams: gpt-3
  select: { method: quota, by: type, shares: proportional, refill: any }
  oversample: 1.5
  validation: 0.25
  split: { by: document, tolerance: 0.2 }
  exports: [${exportNames.join(', ')}]
  card: { license: cc-by-4.0, languages: [en], url: 'https://example.org/set' }
`,
  });
  return { folder, recipe: join(folder, 'recipe.yaml'), out: join(folder, 'out') };
}

const readJson = <T>(...path: string[]): T => JSON.parse(readFileSync(join(...path), 'utf8')) as T;
const examplesIn = (out: string) => collect(readExamples(join(out, 'examples.jsonl')));
const unique = (items: readonly string[]) => new Set(items).size;

/** Of each stage of a funnel: what went in came out, or has a reason. */
function stagesOf(out: string) {
  const { stages } = readJson<FunnelData>(out, 'funnel.json');
  for (const { stage, in: into, out: left, rejected } of stages) {
    const lost = Object.values(rejected).reduce((sum, count) => sum + count, 0);
    expect(into, stage).toBe(left + lost);
  }
  return (name: string): StageCounts =>
    stages.find(({ stage }) => stage === name) ?? { in: 0, out: 0, rejected: {}, noted: {} };
}

test('every optional section together: exactly the examples ordered, and everything that was drawn is accounted for', async () => {
  server = await startSetServer();
  const { recipe, out } = everySection(server);
  const finished = await generateOnly(loadRecipe(recipe), { out });
  const examples = await examplesIn(out);
  expect(examples).toHaveLength(wanted);
  expect(unique(examples.map(({ query }) => query.id))).toBe(wanted);

  // Cleaning, sampling.
  const stage = stagesOf(out);
  const all = corpus.length + 5;
  expect(stage('language')).toMatchObject({ in: all, out: all - 1 });
  expect(stage('passages').rejected).toMatchObject({ 'too-short': 1 });
  expect(stage('passages').out).toBe(40);
  expect(stage('passage-contamination')).toMatchObject({
    in: stage('language').out,
    rejected: { 'evaluation-passage': 1 },
  });
  expect(stage('examples shown').rejected).toEqual({ 'evaluation-query': 1 });
  expect(examples.flatMap(({ passages }) => passages).map(({ passage }) => passage.id)).not.toContain(
    'german',
  );
  const texts = examples.flatMap(({ passages }) => passages.map(({ passage }) => passage.text)).join('\n');
  expect(texts).not.toContain('jane.doe');

  // Each stage takes what the one before it let through.
  expect(stage('passages').in).toBe(stage('passage-contamination').out);
  expect(stage('contamination').in).toBe(stage('queries').out);
  expect(stage('contamination').out).toBe(stage('round-trip').in);
  expect(stage('round-trip').out).toBe(stage('judge-source').in);
  // An answer that mining finds takes a query back that had passed.
  const withdrawn = stage('duplicates').in - stage('judge-source').out;
  const queries = stage('duplicates').out - withdrawn;
  const made = Math.round(1.5 * wanted);
  expect(stage('examples')).toMatchObject({ in: made, out: made });
  expect(withdrawn).toBeGreaterThanOrEqual(0);
  expect(queries).toBeLessThanOrEqual(made);
  expect(stage('select')).toMatchObject({
    in: made,
    out: wanted,
    rejected: { 'not-selected': made - wanted },
  });
  expect(stage('split')).toMatchObject({ in: wanted, out: wanted });
  expect(stage('judge-written').noted).toMatchObject({ rewritten: expect.any(Number) });
  expect(stage('edits').noted).toMatchObject({ missing: expect.any(Number), wrong: expect.any(Number) });

  // Of everything that was ordered there is some.
  const types = new Set(examples.map(({ query }) => query.metadata?.type));
  expect(types.size).toBe(9);
  const origins = new Set(examples.flatMap(({ passages }) => passages.map(({ origin }) => origin)));
  for (const origin of ['corpus', 'mined:bm25', 'generated:negative', 'generated:3', 'edited:missing'])
    expect(origins).toContain(origin);
  const kinds = examples.flatMap(({ passages }) => passages.map(({ kind }) => kind));
  expect(new Set(kinds)).toEqual(new Set(['positive', 'hard-negative', 'random']));
  const ids = new Set(examples.map(({ query }) => query.id));
  const apart = examples.filter(({ query }) => query.metadata?.twin && !ids.has(String(query.metadata.twin)));
  // Of an odd one the twin was never made, and it speaks of none.
  expect(apart).toEqual([]);
  expect(new Set(examples.map(({ split }) => split))).toEqual(new Set(['train', 'validation']));
  expect(examples[0]!.query.metadata?.voice).toBeDefined();

  const details = readJson<SetDetails>(out, 'description.json');
  expect(details.sample).toMatchObject({ drawn: 40 });
  expect(details.selection!.comparison.selected.count).toBe(wanted);
  expect(details.difficulty.rows.map(({ asked }) => asked)).toEqual(['easy', 'hard']);
  expect(readdirSync(join(finished.folder, 'exports'))).toEqual(
    expect.arrayContaining(['export.json', 'README.md', 'croissant.json', ...exportFormatNames]),
  );
  expect(existsSync(join(out, 'report.html'))).toBe(true);

  // All of the panel were asked about each pair.
  const judges = paidFor(server).filter((call) => call.includes('Does the passage answer the query?'));
  const of = (name: string) => judges.filter((call) => call.includes(`"model":"${name}"`)).length;
  expect(of('second')).toBeGreaterThan(wanted);
  expect([of('third'), of('fourth'), of('first')]).toEqual([of('second'), of('second'), 0]);
});

test('a budget stops it, it goes on and pays for nothing twice, and a run beside it replays everything', async () => {
  server = await startSetServer();
  const { recipe, out, folder } = everySection(server);
  const ledger = join(folder, 'ledger');
  const partial = join(out, 'generate/partial-examples.jsonl');
  await expect(
    generateOnly(loadRecipe(recipe), { out, ledger, budget: { calls: 100 } }),
  ).rejects.toMatchObject({
    code: 'budget-exhausted',
    message: expect.stringMatching(/used up; \d+ of \d+ examples are accepted, missing: \d+ \w/),
    hint: expect.stringContaining(partial),
  });
  expect(paidFor(server).length).toBeLessThanOrEqual(100);
  expect(existsSync(partial)).toBe(true);
  await generateOnly(loadRecipe(recipe), { out, ledger });
  const paid = paidFor(server);
  expect(unique(paid)).toBe(paid.length);
  const again = await generateOnly(loadRecipe(recipe), { out, ledger });
  expect(again.reused).toBe(true);
  const beside = join(folder, 'beside');
  const replayed = await generateOnly(loadRecipe(recipe), { out: beside, ledger, budget: { calls: 1 } });
  expect(replayed.usage.calls).toBe(replayed.usage.cachedCalls);
  expect(paidFor(server)).toHaveLength(paid.length);
  for (const name of ['examples.jsonl', 'funnel.json'])
    expect(readFileSync(join(beside, name), 'utf8')).toBe(readFileSync(join(out, name), 'utf8'));
});

test('kill -9 in the middle: what was answered and written down is not asked again', async () => {
  server = await startSetServer((reply) => chatReply(reply, { delayMs: 5 }));
  const { recipe, out } = everySection(server);
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', 'src/surfaces/cli/main.ts', 'generate', recipe, '--out', out],
    { stdio: 'ignore' },
  );
  const exit = once(child, 'exit');
  while (paidFor(server).length < 60 && child.exitCode === null)
    await new Promise((resolve) => setTimeout(resolve, 10));
  child.kill('SIGKILL');
  await exit;
  const before = paidFor(server);
  expect(before.length).toBeGreaterThanOrEqual(60);
  await generateOnly(loadRecipe(recipe), { out });
  expect(await examplesIn(out)).toHaveLength(wanted);
  // Two calls of each of four models were under way, and as many may have been answered and not yet written down.
  const paid = paidFor(server);
  expect(paid.length - unique(paid)).toBeLessThanOrEqual(16);
}, 120_000);

/** A small set of the handbook. */
async function handbookJob(
  { baseUrl }: ScriptedServer,
  { encoder, generate }: { encoder: string; generate: string },
  files: Readonly<Record<string, string>> = {},
): Promise<{ recipe: string; out: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'rankforge-handbook-'));
  write(folder, {
    'data/corpus.jsonl': lines(corpus),
    'recipe.yaml': `name: handbook
dataset: data
encoder: ${encoder}
models:
  first: { model: "openai:first", baseUrl: "${baseUrl}" }
generate:
  model: first
  count: 8
  minWords: 12
  roundTrip: 0
  graded: { lengthBias: warn, share: 0 }
  negatives: { mined: 2, random: 1, from: [bm25] }
${generate}
`,
    ...files,
  });
  return { recipe: join(folder, 'recipe.yaml'), out: join(folder, 'out') };
}

test('with a query log each query is asked for at a length of the log, and the report has both', async () => {
  server = await startSetServer();
  const keywords = Array.from({ length: 12 }, (_, i) => `measures of n${i}\t2`);
  const log = [...keywords, 'what is a ledger good for in the end\t9'].join('\n');
  const generate = `  types: { keyword: 0.5, question: 0.5 }\n  sample: { method: query-log, log: log.tsv, topics: 2 }`;
  const encoder = await writeTinyBert();
  const { recipe, out } = await handbookJob(server, { encoder, generate }, { 'log.tsv': log });
  await generateOnly(loadRecipe(recipe), { out });
  const examples = await examplesIn(out);
  const asked = paidFor(server).filter((call) => /Use about \d+ words\./.test(call));
  expect(asked.length).toBeGreaterThanOrEqual(examples.length);
  for (const { query } of examples) {
    const { type, voice } = query.metadata as { type: string; voice: { words: number } };
    // Questions are rare in the log, and may not have three words.
    expect(type === 'keyword' ? [3] : [4, 9]).toContain(voice.words);
  }
  expect(readJson<SetDetails>(out, 'description.json').log).toMatchObject({ searches: 33, different: 13 });
  expect(readFileSync(join(out, 'report.md'), 'utf8')).toMatch(
    /\| keyword \| 0\.727 \| 3 \(3 to 3\) \| 0\.500 \| 2 \(2 to 2\) \|/,
  );
});

test('without an encoder BM25 tells which examples are hard', async () => {
  server = await startSetServer();
  const generate =
    '  voices: { difficulties: [easy, hard] }\n  select: { method: difficulty, prefer: easiest }';
  const { recipe, out } = await handbookJob(server, { encoder: 'none', generate });
  await generateOnly(loadRecipe(recipe), { out });
  expect(await examplesIn(out)).toHaveLength(8);
  const { selected, random } = readJson<SetDetails>(out, 'description.json').selection!.comparison;
  expect(selected.difficulty!.mean).toBeLessThan(random.difficulty!.mean);
  // BM25 is right of some and wrong of others.
  expect(random.difficulty!.greatest).toBeGreaterThan(random.difficulty!.least + 0.1);
  const report = readFileSync(join(out, 'report.md'), 'utf8');
  expect(report).toMatch(/\| Mean difficulty \| 0\.\d+ \| \d\.\d+ \| \d\.\d+ \|/);
  expect(report).toMatch(/\| easy \| \d \| \d\.\d+ \|/);
});

/** A set with no collection at all. */
function topicJob({ baseUrl }: ScriptedServer): { recipe: string; out: string; folder: string } {
  const folder = mkdtempSync(join(tmpdir(), 'rankforge-topics-'));
  write(folder, {
    'other/queries.jsonl': lines(topicQueries(3).map((text, n) => ({ _id: `q${n}`, text }))),
    'recipe.yaml': `name: houseplants
encoder: none
models:
  first: { model: "openai:first", baseUrl: "${baseUrl}" }
generate:
  model: first
  count: 16
  topics:
    domain: care of houseplants
    known: [repotting overgrown ferns]
    perTopic: 1
  graded: { lengthBias: warn }
  hygiene: { against: [other] }
`,
  });
  return { folder, recipe: join(folder, 'recipe.yaml'), out: join(folder, 'out') };
}

test('with topics nothing but a model is needed: exactly the examples ordered, of written passages', async () => {
  server = await startSetServer();
  const { recipe, out, folder } = topicJob(server);
  const ledger = join(folder, 'ledger');
  await expect(
    generateOnly(loadRecipe(recipe), { out, ledger, budget: { calls: 20 } }),
  ).rejects.toMatchObject({ code: 'budget-exhausted' });
  await generateOnly(loadRecipe(recipe), { out, ledger });
  const examples = await examplesIn(out);
  expect(examples).toHaveLength(16);
  for (const { query, passages, ledgerKeys, provenance } of examples) {
    expect(query.metadata?.topic).toEqual(expect.any(String));
    expect(passages.some(({ grade }) => grade >= 2)).toBe(true);
    expect(passages.some(({ grade }) => grade < 2)).toBe(true);
    expect(passages.every(({ origin }) => /^generated:[0-3]$/.test(origin))).toBe(true);
    expect(ledgerKeys.length).toBeGreaterThan(2);
    expect(provenance).toMatchObject({ promptId: 'generate/topic-query', modelId: expect.any(String) });
  }
  const types = examples.map(({ query }) => query.metadata?.type);
  expect(types.filter((type) => type === 'question')).toHaveLength(8);
  const stage = stagesOf(out);
  expect(stage('topics').out).toBeGreaterThanOrEqual(16);
  expect(stage('contamination')).toMatchObject({
    in: stage('queries').out,
    rejected: { 'evaluation-query': 1 },
  });
  expect(stage('duplicates').in).toBe(stage('contamination').out);
  expect(stage('graded').in).toBe(4 * stage('duplicates').out);
  expect(stage('judge-written').in).toBe(stage('graded').out);
  expect(stage('examples').in).toBe(stage('duplicates').out);
  expect(stage('examples').out).toBe(16);
  expect(readdirSync(join(out, 'generate/exports')).length).toBeGreaterThan(0);
  const report = readFileSync(join(out, 'report.md'), 'utf8');
  expect(report).toMatch(/Of \d+ topics came 16 training queries/);
  expect(report).toContain('generate/topic-query');
  expect(report).not.toContain('generate/query ');
  const paid = paidFor(server);
  expect(unique(paid)).toBe(paid.length);
  const beside = join(folder, 'beside');
  await generateOnly(loadRecipe(recipe), { out: beside, ledger, budget: { calls: 1 } });
  expect(readFileSync(join(beside, 'examples.jsonl'), 'utf8')).toBe(
    readFileSync(join(out, 'examples.jsonl'), 'utf8'),
  );
  expect(paidFor(server)).toHaveLength(paid.length);
  // A student needs a collection, and that is said before anything is begun.
  await expect(forge(loadRecipe(recipe), { out: join(folder, 'forged') })).rejects.toMatchObject({
    code: 'bad-recipe',
    where: 'dataset',
  });
});

test('of a set without documents BM25 over what was written tells which examples are hard', async () => {
  server = await startSetServer();
  const { recipe, out } = topicJob(server);
  const select = '  count: 6\n  select: { method: difficulty, prefer: hardest, measure: fail-rate }';
  write(dirname(recipe), {
    'recipe.yaml': readFileSync(recipe, 'utf8').replace('  count: 16', select),
  });
  await generateOnly(loadRecipe(recipe), { out });
  expect(await examplesIn(out)).toHaveLength(6);
  const { selected, random } = readJson<SetDetails>(out, 'description.json').selection!.comparison;
  expect(selected.difficulty!.mean).toBeGreaterThanOrEqual(random.difficulty!.mean);
});

test('where the model has no more topics, those that there are get more queries', async () => {
  const few = [0, 1, 2, 4].map(topicOf);
  server = await startSetServer((reply) =>
    chatReply(reply.startsWith('{"topics"') ? JSON.stringify({ topics: few }) : reply),
  );
  const { recipe, out } = topicJob(server);
  // Each type makes one query of a topic here: there are no more than these.
  await expect(generateOnly(loadRecipe(recipe), { out })).rejects.toMatchObject({
    code: 'count-not-reached',
  });
  const accepted = await collect(readExamples(join(out, 'generate/partial-examples.jsonl')));
  expect(unique(accepted.map(({ query }) => String(query.metadata?.topic)))).toBe(few.length + 1);
  expect(accepted.length).toBeGreaterThan(few.length + 1);
});
