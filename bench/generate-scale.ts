/**
 * Sampling, duplicate removal, mining and the generate stage of a recipe over a corpus of a million documents: peak memory
 * and documents a second, each in a process of its own. The corpus is made by a seeded script: words by Zipf's law, and known duplicates.
 *
 *     npx tsx bench/generate-scale.ts [--count 1000000] [--folder DIR] [--only STAGE]
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { passageText } from '../src/core/passage.js';
import { type Random, randomStream } from '../src/core/random.js';
import { atomicWrite } from '../src/formats/atomic-write.js';
import { readCorpus } from '../src/formats/beir.js';
import { loadDataset } from '../src/formats/dataset.js';
import { PassageStore } from '../src/formats/passage-store.js';
import { readLines } from '../src/formats/read-lines.js';
import { createDiskCorpus } from '../src/generate/disk-corpus.js';
import { removeNearDuplicates } from '../src/generate/hygiene/remove-near-duplicates.js';
import { mineNegatives } from '../src/generate/negatives/mine-negatives.js';
import { samplePassages } from '../src/generate/sample/sample-passages.js';
import { generateOnly } from '../src/pipeline/forge.js';
import { loadRecipe } from '../src/pipeline/recipe/load-recipe.js';
import { createAnalyser } from '../src/retrieval/analyser.js';
import { Bm25Index } from '../src/retrieval/bm25-index.js';
import { bm25Retriever } from '../src/retrieval/retriever.js';
import { startJobServer } from '../test/fixtures/job-server.js';

const seed = 7;
const vocabulary = 300_000;
const limitMiB = 2048;

const { values: flags } = parseArgs({
  options: {
    count: { type: 'string', default: '1000000' },
    folder: { type: 'string' },
    stage: { type: 'string' },
    only: { type: 'string' },
  },
});
const count = Number(flags.count);

/** A made word of 2 to 4 syllables, one a rank. */
function wordOf(rank: number): string {
  let word = '';
  for (let rest = rank + 100; rest > 0; rest = Math.floor(rest / 100)) {
    word += 'bcdfghjklmnprstvwxyz'[rest % 20]! + 'aeiou'[Math.floor(rest / 20) % 5]!;
  }
  return word;
}

/** Rank r with probability in proportion to ln(1 + 1/r): Zipf's law. */
const drawWord = (random: Random, words: readonly string[]): string =>
  words[Math.floor(vocabulary ** random.next()) - 1]!;

interface KnownDuplicate {
  readonly id: string;
  readonly of: string;
  /** Exact Jaccard overlap of their three-word shingles. */
  readonly jaccard: number;
}

const shingles = (words: readonly string[]): Set<string> =>
  new Set(words.slice(0, -2).map((_, i) => words.slice(i, i + 3).join(' ')));

function jaccard(a: readonly string[], b: readonly string[]): number {
  const [left, right] = [shingles(a), shingles(b)];
  let shared = 0;
  for (const shingle of left) if (right.has(shingle)) shared += 1;
  return shared / (left.size + right.size - shared);
}

/** Documents of 20 to 140 words; 2 % are exact copies of an earlier one, 5 % copies with some words changed. */
function* makeCorpus(known: KnownDuplicate[]): Generator<string> {
  const random = randomStream(seed, 'scale');
  const words = Array.from({ length: vocabulary }, (_, rank) => wordOf(rank));
  const kept: { id: string; words: string[] }[] = [];
  for (let i = 0; i < count; i++) {
    const id = `d${i}`;
    const kind = random.next();
    let text: string[];
    if (kept.length > 0 && kind < 0.07) {
      const source = kept[random.int(kept.length)]!;
      text = [...source.words];
      if (kind < 0.02) text = text.map((word) => (random.next() < 0.2 ? `${word.toUpperCase()},` : word));
      else {
        for (let changes = 1 + random.int(4); changes > 0; changes--) {
          text[random.int(text.length)] = drawWord(random, words);
        }
      }
      const plain = text.map((word) => word.toLowerCase().replace(',', ''));
      known.push({ id, of: source.id, jaccard: jaccard(source.words, plain) });
    } else {
      text = Array.from({ length: 20 + random.int(121) }, () => drawWord(random, words));
      if (kept.length < 5000) kept.push({ id, words: text });
      else if (random.next() < 0.01) kept[random.int(kept.length)] = { id, words: text };
    }
    yield `${JSON.stringify({ _id: id, title: '', text: text.join(' ') })}\n`;
  }
}

const corpusFile = (folder: string) => join(folder, 'corpus.jsonl');
const knownFile = (folder: string) => join(folder, 'known.jsonl');

const stages: Record<string, (folder: string) => Promise<object>> = {
  async make(folder) {
    const known: KnownDuplicate[] = [];
    await atomicWrite(corpusFile(folder), makeCorpus(known));
    await atomicWrite(
      knownFile(folder),
      known.map((each) => `${JSON.stringify(each)}\n`),
    );
    return { megabytes: Math.round((await stat(corpusFile(folder))).size / 1e6), known: known.length };
  },

  async dedup(folder) {
    const removed = new Map<string, string>();
    let kept = 0;
    const records = removeNearDuplicates(readCorpus(folder), {
      seed,
      id: ({ id }) => id,
      text: passageText,
      onDuplicate: ({ id }, match) => removed.set(id, match.id),
    });
    for await (const _ of records) kept += 1;
    const known = new Map<string, KnownDuplicate>();
    for await (const { text } of readLines(knownFile(folder))) {
      const each = JSON.parse(text) as KnownDuplicate;
      known.set(each.id, each);
    }
    const share = (least: number, below: number): number => {
      const those = [...known.values()].filter((each) => each.jaccard >= least && each.jaccard < below);
      return those.filter(({ id }) => removed.has(id)).length / Math.max(1, those.length);
    };
    return {
      kept,
      removed: removed.size,
      removedByJaccard: {
        '1': share(1, 2),
        '.9 to 1': share(0.9, 1),
        '.85 to .9': share(0.85, 0.9),
        '.8 to .85': share(0.8, 0.85),
        '.75 to .8': share(0.75, 0.8),
        '.7 to .75': share(0.7, 0.75),
        'below .7': share(0, 0.7),
      },
      removedThatAreNoCopies: [...removed.keys()].filter((id) => !known.has(id)).length,
    };
  },

  async mine(folder) {
    await using corpus = await createDiskCorpus(join(folder, 'passages.tmp'));
    const began = performance.now();
    const index = await Bm25Index.build(corpus.keep(readCorpus(folder)), {
      analyser: createAnalyser('english'),
    });
    const indexed = (performance.now() - began) / 1000;
    const residentMiB = Math.round(process.memoryUsage().rss / 2 ** 20);
    const random = randomStream(seed, 'scale-queries');
    const queries = 200;
    let mined = 0;
    const asked = performance.now();
    for (let i = 0; i < queries; i++) {
      const source = (await corpus.get(corpus.ids[random.int(corpus.ids.length)]!))!;
      const words = source.text.split(' ');
      const text = Array.from({ length: 8 }, () => words[random.int(words.length)]!).join(' ');
      const query = { id: `q${i}`, text };
      const found = await mineNegatives(
        { query, positives: [source] },
        { retriever: bm25Retriever(index), corpus, seed },
      );
      mined += found.passages.length;
    }
    return {
      indexSeconds: indexed,
      residentAfterIndexMiB: residentMiB,
      minedPassages: mined,
      queriesPerSecond: queries / ((performance.now() - asked) / 1000),
    };
  },

  async sample(folder) {
    let sampled = 0;
    for await (const _ of samplePassages(readCorpus(folder), { seed, count: 10_000 })) sampled += 1;
    return { sampled };
  },

  async load(folder) {
    return { passages: (await loadDataset(folder)).passages.size };
  },

  async store(folder) {
    await using store = new PassageStore({ path: join(folder, 'store.tmp'), inMemory: 0 });
    const { passages } = await loadDataset(folder, { store });
    let characters = 0;
    for (const { text } of passages.values()) characters += text.length;
    return { passages: passages.size, characters };
  },

  async recipe(folder) {
    // Answers at once: what is measured is all that is not the model.
    await using server = await startJobServer();
    process.env.OPENAI_API_KEY ??= 'none';
    const path = join(folder, 'recipe.yaml');
    await atomicWrite(
      path,
      `name: scale
dataset: .
encoder: none
models: { writer: { model: "openai:scripted", baseUrl: "${server.baseUrl}" } }
generate: { model: writer, count: 50, graded: { share: 0 }, roundTrip: 0, exports: [examples] }
`,
    );
    const { usage } = await generateOnly(await loadRecipe(path), { out: join(folder, 'out') });
    return { examples: 50, calls: usage.calls };
  },
};

async function runStage(name: string, folder: string): Promise<void> {
  const began = performance.now();
  const result = await stages[name]!(folder);
  const seconds = (performance.now() - began) / 1000;
  const peakMiB = Math.round(process.resourceUsage().maxRSS / 1024);
  process.stdout.write(`${JSON.stringify({ stage: name, seconds, peakMiB, ...result })}\n`);
}

/** A stage in a process of its own, since peak memory is a process's. */
async function inProcess(name: string, folder: string): Promise<Record<string, unknown>> {
  const child: ChildProcess = spawn(
    process.execPath,
    [
      ...process.execArgv,
      fileURLToPath(import.meta.url),
      '--stage',
      name,
      '--folder',
      folder,
      '--count',
      String(count),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let output = '';
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`${name} ended with exit code ${code}`);
  return JSON.parse(output) as Record<string, unknown>;
}

if (flags.stage) {
  await runStage(flags.stage, flags.folder!);
} else {
  const folder = flags.folder ?? (await mkdtemp(join(tmpdir(), 'rankforge-scale-')));
  const results: Record<string, unknown>[] = [];
  try {
    for (const name of flags.only === undefined ? Object.keys(stages) : ['make', flags.only]) {
      const result = await inProcess(name, folder);
      const perSecond = Math.round(count / Number(result.seconds));
      results.push({ ...result, documentsPerSecond: perSecond });
      process.stderr.write(
        `${name}: ${Number(result.seconds).toFixed(1)} s, ${perSecond} documents/s, peak ${result.peakMiB} MiB\n`,
      );
    }
  } finally {
    if (!flags.folder) await rm(folder, { recursive: true, force: true });
  }
  const within = results.every(({ stage, peakMiB }) => stage === 'make' || Number(peakMiB) < limitMiB);
  process.stdout.write(`${JSON.stringify({ bench: 'generate-scale', count, limitMiB, within, results })}\n`);
  if (!within) process.exitCode = 1;
}
