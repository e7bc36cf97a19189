/**
 * Drawing documents from a corpus that is made on the way: time and the peak of memory, each method in a process of its
 * own. Ends with 1 where one takes more than 2 GiB.
 *
 *     npx tsx bench/sample-scale.ts [passages] [method…]
 *
 * A million passages by default. Vectors are made from each text's words (64 numbers), so that what is measured is
 * sampling and not the encoder. Near-duplicates are left in, but for `distinct`: finding them is bench/generate-scale.ts.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Passage } from '../src/core/passage.js';
import { drawPassages } from '../src/generate/sample/draw-passages.js';
import type { SampleRequest } from '../src/generate/sample/sample-settings.js';
import type { EmbeddingModel } from '../src/models/embedding-model.js';

const size = Number(process.argv[2] ?? 1_000_000);
const dimensions = 64;
const limitMiB = 2048;
const words = Array.from({ length: 5000 }, (_, i) => `word${i.toString(36)}`);

/** Small and fast: the corpus is made anew each time it is read. */
function* corpus(): Generator<Passage> {
  for (let i = 0; i < size; i++) {
    let state = (i * 2_654_435_761) >>> 0;
    const topic = i % 400;
    const text: string[] = [];
    for (let n = 0; n < 40; n++) {
      state = (Math.imul(1_664_525, state) + 1_013_904_223) >>> 0;
      text.push(words[n % 2 === 0 ? (topic * 11 + (state >>> 24)) % 5000 : (state >>> 8) % 5000]!);
    }
    yield { id: `p${i}`, text: text.join(' '), metadata: { group: `g${topic % 10}` } };
  }
}

const directions = new Map<string, Float32Array>();
function direction(word: string): Float32Array {
  let vector = directions.get(word);
  if (!vector) {
    let state = [...word].reduce((sum, letter) => (Math.imul(31, sum) + letter.charCodeAt(0)) >>> 0, 7);
    vector = Float32Array.from({ length: dimensions }, () => {
      state = (Math.imul(1_664_525, state) + 1_013_904_223) >>> 0;
      return state / 2 ** 32 - 0.5;
    });
    directions.set(word, vector);
  }
  return vector;
}
const encoder: EmbeddingModel = {
  id: 'words',
  dimensions,
  embed: async (texts) =>
    texts.map((text) => {
      const sum = new Float32Array(dimensions);
      for (const word of text.split(' ')) {
        const vector = direction(word);
        for (let i = 0; i < dimensions; i++) sum[i]! += vector[i]!;
      }
      const norm = Math.hypot(...sum);
      return sum.map((value) => value / norm);
    }),
  async [Symbol.asyncDispose]() {},
};

const requests: Record<string, SampleRequest> = {
  uniform: { method: 'uniform', spread: false },
  spread: { method: 'uniform', spread: true },
  distinct: { method: 'uniform', spread: true },
  quota: { method: 'quota', field: 'group' },
  mmr: { method: 'mmr' },
  cluster: { method: 'cluster', clusters: 200 },
  'query-log': { method: 'query-log', log: 'made', topics: 16 },
};

async function measure(name: string): Promise<object> {
  const log = Array.from({ length: 200 }, (_, i) => ({
    text: words.slice(i * 20, i * 20 + 4).join(' '),
    count: 1 + (i % 7),
  }));
  const folder = mkdtempSync(join(tmpdir(), 'rankforge-sample-'));
  const start = performance.now();
  const { passages, report } = await drawPassages(corpus, requests[name]!, {
    seed: 7,
    count: 2000,
    distinct: name === 'distinct',
    encoder,
    log,
    vectorFile: join(folder, 'vectors.f32'),
  });
  rmSync(folder, { recursive: true });
  return {
    method: name,
    drawn: passages.length,
    fit: report.fit,
    seconds: (performance.now() - start) / 1000,
    peakMiB: Math.round(process.resourceUsage().maxRSS / 1024),
  };
}

if (process.env.RANKFORGE_BENCH_METHOD) {
  console.log(JSON.stringify(await measure(process.env.RANKFORGE_BENCH_METHOD)));
} else {
  const wanted = process.argv.length > 3 ? process.argv.slice(3) : Object.keys(requests);
  const rows = wanted.map((method): { readonly peakMiB: number } => {
    const { stdout } = spawnSync(
      process.execPath,
      [...process.execArgv, fileURLToPath(import.meta.url), String(size)],
      {
        env: { ...process.env, RANKFORGE_BENCH_METHOD: method },
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    process.stderr.write(`sample-scale ${stdout}`);
    return JSON.parse(stdout);
  });
  const within = rows.every(({ peakMiB }) => peakMiB < limitMiB);
  console.log(JSON.stringify({ passages: size, dimensions, limitMiB, within, rows }, null, 2));
  if (!within) process.exitCode = 1;
}
