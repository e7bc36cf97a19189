/**
 * k-means on the embeddings of SciFact: inertia and time beside scikit-learn, on one core each.
 *
 *     pip install scikit-learn
 *     RANKFORGE_PYTHON=…/bin/python npx tsx bench/k-means.ts [passages] [seeds]
 *
 * Embeds 5,183 passages, or the first so many; what is embedded is kept for the next run.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { passageText } from '../src/core/passage.js';
import { mean } from '../src/core/vectors.js';
import { loadDataset } from '../src/formats/dataset.js';
import { kMeans } from '../src/generate/cluster/k-means.js';
import { memoryVectors } from '../src/generate/cluster/vector-source.js';
import { openEncoder } from '../src/models/encoder/encoder.js';
import { cacheFolder } from '../src/models/weights/cache.js';
import { resolveWeights } from '../src/models/weights/resolve.js';
import { cacheEmbeddings } from '../src/retrieval/embedding-cache.js';
import { sharedData } from '../test/shared-data.js';
import { askPeer } from './peers/ask-peer.js';

const seeds = [...Array(Number(process.argv[3] ?? 5)).keys()];
const clusters = [20, 72];

interface Figures {
  readonly inertias: number[];
  readonly seconds: number[];
}

async function embedSciFact() {
  const encoder = await openEncoder({ weights: await resolveWeights('all-minilm-l6-v2'), threads: 1 });
  const cached = await cacheEmbeddings(encoder, join(cacheFolder(), 'bench-embeddings'));
  const { passages } = await loadDataset(sharedData('scifact'), { split: 'test' });
  const texts = [...passages.values()].slice(0, Number(process.argv[2] ?? passages.size)).map(passageText);
  const data = new Float32Array(texts.length * encoder.dimensions);
  const textsPerCall = 64;
  for (let start = 0; start < texts.length; start += textsPerCall) {
    const vectors = await cached.embed(texts.slice(start, start + textsPerCall));
    for (const [i, vector] of vectors.entries()) data.set(vector, (start + i) * encoder.dimensions);
  }
  await cached[Symbol.asyncDispose]();
  await encoder[Symbol.asyncDispose]();
  return { data, dimensions: encoder.dimensions };
}

const { data, dimensions } = await embedSciFact();
const source = memoryVectors(data, dimensions);
process.stderr.write(`k-means ${source.size} vectors of ${dimensions}\n`);
const ours: Record<string, Figures> = {};
for (const method of ['lloyd', 'mini-batch'] as const) {
  for (const k of clusters) {
    const figures: Figures = { inertias: [], seconds: [] };
    for (const seed of seeds) {
      const start = process.cpuUsage();
      figures.inertias.push((await kMeans(source, { k, seed, method })).inertia);
      figures.seconds.push(process.cpuUsage(start).user / 1e6);
    }
    ours[`${method} ${k}`] = figures;
  }
}

const folder = mkdtempSync(join(tmpdir(), 'rankforge-k-means-'));
const path = join(folder, 'vectors.f32');
writeFileSync(path, data);
const reply = await askPeer<{ version: string; found: Record<string, Figures> }>('scikit_k_means_peer.py', {
  path,
  dimensions,
  k: clusters,
  seeds,
  threads: 1,
});
rmSync(folder, { recursive: true });

const rows = Object.entries(ours).map(([name, { inertias, seconds }]) => {
  const peer = 'answer' in reply ? reply.answer.found[name] : undefined;
  return {
    name,
    inertia: mean(inertias),
    seconds: mean(seconds),
    ...(peer && {
      peerInertia: mean(peer.inertias),
      peerSeconds: mean(peer.seconds),
      inertiaRatio: mean(inertias) / mean(peer.inertias),
      timeRatio: mean(seconds) / mean(peer.seconds),
    }),
  };
});
const peer = 'answer' in reply ? `scikit-learn ${reply.answer.version}` : `skipped: ${reply.skipped}`;
console.log(JSON.stringify({ vectors: source.size, dimensions, peer, rows }, null, 2));
