/**
 * Embeddings with MiniLM: quality alone and fused with BM25, and speed beside sentence-transformers on the same cores.
 *
 *     pip install torch sentence-transformers
 *     RANKFORGE_PYTHON=…/bin/python npx tsx bench/dense.ts
 *
 * Embeds some 13,000 passages, which takes minutes on two cores; what is embedded is kept for the next run.
 */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Passage } from '../src/core/passage.js';
import type { Qrels, ScoredId } from '../src/core/run.js';
import { orderByScore, zScores } from '../src/core/vectors.js';
import { evaluateRun } from '../src/evaluate/evaluate-run.js';
import { loadDataset } from '../src/formats/dataset.js';
import { readRun } from '../src/formats/trec-run.js';
import { openEncoder } from '../src/models/encoder/encoder.js';
import { cacheFolder } from '../src/models/weights/cache.js';
import { resolveWeights } from '../src/models/weights/resolve.js';
import { Bm25Index } from '../src/retrieval/bm25-index.js';
import { DenseIndex } from '../src/retrieval/dense-index.js';
import { feedbackScores } from '../src/retrieval/feedback.js';
import { fusedRetriever } from '../src/retrieval/fused-retriever.js';
import { bm25Retriever, denseRetriever, type Retriever } from '../src/retrieval/retriever.js';
import { hasSharedData, sharedData } from '../test/shared-data.js';
import { askPeer } from './peers/ask-peer.js';

const threads = availableParallelism();
const weights = await resolveWeights('all-minilm-l6-v2');
await using encoder = await openEncoder({ weights, threads });
const kept = join(cacheFolder(), 'bench-embeddings');
const say = (text: string): boolean => process.stderr.write(`dense ${text}\n`);

const ndcg = (qrels: Qrels, run: ReadonlyMap<string, readonly ScoredId[]>): number =>
  Number(evaluateRun(qrels, run, ['nDCG@10']).means['nDCG@10']!.toFixed(4));

/** Retrieval from the whole collection. */
async function measureCollection(name: string) {
  const { passages, queries, qrels } = await loadDataset(sharedData(name), { split: 'test' });
  const bm25 = bm25Retriever(await Bm25Index.build(passages.values()));
  const dense = denseRetriever(await DenseIndex.build(passages.values(), encoder, { cacheFolder: kept }));
  const retrievers: Record<string, Retriever> = {
    bm25,
    dense,
    'z-score 1 + 0.5, 1000 each': fusedRetriever([dense, bm25], { weights: [1, 0.5] }),
    'z-score 1 + 0.5, whole corpus': fusedRetriever([dense, bm25], {
      weights: [1, 0.5],
      depth: passages.size,
    }),
    'z-score 1 + 1, 1000 each': fusedRetriever([dense, bm25]),
    'reciprocal rank, 1000 each': fusedRetriever([dense, bm25], { fusion: 'reciprocal-rank' }),
  };
  const figures: Record<string, number> = {};
  for (const [label, retriever] of Object.entries(retrievers)) {
    const run = new Map<string, ScoredId[]>();
    for (const query of queries.values()) run.set(query.id, await retriever.search(query, 10));
    figures[label] = ndcg(qrels, run);
  }
  say(`${name}: ${JSON.stringify(figures)}`);
  return figures;
}

/** BM25's best of DL19 put in another order. */
async function measureReordering() {
  const { passages, queries, qrels } = await loadDataset(sharedData('dl19'), {
    split: 'test',
    unknownIds: 'count',
  });
  const first = await readRun(sharedData('dl19', 'runs', 'first-stage', 'bm25.trec'));
  const pool = new Map<string, Passage>();
  for (const list of first.values()) for (const { id } of list) pool.set(id, passages.get(id)!);
  const index = await DenseIndex.build(pool.values(), encoder, { cacheFolder: kept });
  const figures: Record<string, number> = {};
  for (const depth of [20, 100]) {
    const runs: Record<string, Map<string, ScoredId[]>> = {};
    for (const { id: queryId, text } of queries.values()) {
      const list = first.get(queryId)!;
      const ids = list.slice(0, depth).map(({ id }) => id);
      const z = {
        bm25: zScores(list.slice(0, depth).map(({ score }) => score)),
        cosine: zScores(await index.scores(text, ids)),
      };
      const sum = (parts: readonly (readonly [number, readonly number[]])[]): number[] =>
        ids.map((_, i) => parts.reduce((total, [weight, part]) => total + weight * part[i]!, 0));
      const feedback = (scores: readonly number[]): number[] => {
        const best = orderByScore(scores);
        const near = feedbackScores(best.map((i) => index.vector(ids[i]!)));
        const aligned: number[] = [];
        best.forEach((i, rank) => {
          aligned[i] = near[rank]!;
        });
        return zScores(aligned);
      };
      const both = sum([
        [1, z.cosine],
        [0.5, z.bm25],
      ]);
      const scored: Record<string, number[]> = {
        bm25: z.bm25,
        cosine: z.cosine,
        'cosine + 0.5 bm25': both,
        'cosine + bm25 + feedback of cosine': sum([
          [1, z.cosine],
          [1, z.bm25],
          [1, feedback(z.cosine)],
        ]),
        'cosine + 0.5 bm25 + feedback of cosine': sum([
          [1, z.cosine],
          [0.5, z.bm25],
          [1, feedback(z.cosine)],
        ]),
        'cosine + 0.5 bm25 + feedback of both': sum([
          [1, both],
          [1, feedback(both)],
        ]),
      };
      for (const [label, scores] of Object.entries(scored)) {
        runs[label] ??= new Map();
        runs[label].set(queryId, [
          ...orderByScore(scores).map((i) => ({ id: ids[i]!, score: scores[i]! })),
          ...list.slice(depth),
        ]);
      }
    }
    for (const [label, run] of Object.entries(runs)) figures[`top ${depth}: ${label}`] = ndcg(qrels, run);
  }
  say(`dl19: ${JSON.stringify(figures)}`);
  return figures;
}

/** Passages a second, ours and the peer's in turn on the same texts and cores. */
async function measureSpeed() {
  const { passages } = await loadDataset(sharedData('dl19'), { split: 'test', unknownIds: 'count' });
  const texts = [...passages.values()].slice(0, 1024).map(({ text }) => text);
  const repeats = 2;
  await encoder.embed(texts.slice(0, 64));
  let seconds = Number.POSITIVE_INFINITY;
  for (let i = 0; i < repeats; i++) {
    const start = performance.now();
    await encoder.embed(texts);
    seconds = Math.min(seconds, (performance.now() - start) / 1000);
  }
  const perSecond = texts.length / seconds;
  const peer = await askPeer<{ version: string; torch: string; seconds: number[] }>(
    'sentence_transformers_peer.py',
    {
      folder: weights.folder,
      texts,
      threads,
      repeats,
    },
  );
  if ('skipped' in peer) {
    say(`speed: ${perSecond.toFixed(1)} passages/s; sentence-transformers skipped: ${peer.skipped}`);
    return { threads, perSecond, sentenceTransformers: peer };
  }
  const { version, torch } = peer.answer;
  const other = texts.length / Math.min(...peer.answer.seconds);
  say(
    `speed: ${perSecond.toFixed(1)} passages/s, ${(perSecond / other).toFixed(2)} times sentence-transformers`,
  );
  return {
    threads,
    perSecond,
    sentenceTransformers: { version, torch, perSecond: other },
    ratio: perSecond / other,
  };
}

const measured: Record<string, unknown> = {};
const parts = { scifact: measureCollection, nfcorpus: measureCollection, dl19: measureReordering };
for (const [name, measurePart] of Object.entries(parts)) {
  if (hasSharedData(name)) measured[name] = await measurePart(name);
  else say(`${name}: skipped, no shared data of it`);
}
if (hasSharedData('dl19')) measured.speed = await measureSpeed();
process.stdout.write(`${JSON.stringify({ bench: 'dense', nDCG: 10, ...measured })}\n`);
