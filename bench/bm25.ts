/**
 * BM25 on SciFact and NFCorpus: quality, and speed beside bm25s (Python) on the same data in the same run.
 *
 *     pip install bm25s PyStemmer
 *     RANKFORGE_PYTHON=…/bin/python npx tsx bench/bm25.ts
 */

import { passageText } from '../src/core/passage.js';
import type { ScoredId } from '../src/core/run.js';
import { evaluateRun } from '../src/evaluate/evaluate-run.js';
import { loadDataset } from '../src/formats/dataset.js';
import { createAnalyser } from '../src/retrieval/analyser.js';
import { Bm25Index } from '../src/retrieval/bm25-index.js';
import { hasSharedData, sharedData } from '../test/shared-data.js';
import { askPeer } from './peers/ask-peer.js';

const repeats = 5;
const k = 10;

interface Times {
  readonly version: string;
  readonly indexing: readonly number[];
  readonly answering: readonly number[];
}

const seconds = async (work: () => unknown): Promise<number> => {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
};

const best = (times: readonly number[]): number => Math.min(...times);

async function measureCollection(name: string) {
  const { passages, queries, qrels } = await loadDataset(sharedData(name), { split: 'test' });
  const corpus = [...passages.values()];
  // All test queries several times over: one pass takes too few milliseconds to time.
  const texts = Array.from({ length: 10 }, () => [...queries.values()].map(({ text }) => text)).flat();

  const indexing: number[] = [];
  const answering: number[] = [];
  let index = await Bm25Index.build(corpus, { analyser: createAnalyser('english') });
  for (let i = 0; i < repeats; i++) {
    // A new analyser each time: its memory of stems is a part of the work.
    indexing.push(
      await seconds(async () => {
        index = await Bm25Index.build(corpus, { analyser: createAnalyser('english') });
      }),
    );
    answering.push(await seconds(() => texts.map((text) => index.search(text, k))));
  }
  const run = new Map<string, ScoredId[]>();
  for (const { id, text } of queries.values()) run.set(id, index.search(text, 100));
  const quality = evaluateRun(qrels, run, ['nDCG@10', 'R@100']).means;

  const peer = await askPeer<Times>('bm25s_peer.py', {
    corpus: corpus.map(passageText),
    queries: texts,
    k,
    repeats,
    threads: 1,
  });
  const perSecond = { indexed: corpus.length / best(indexing), answered: texts.length / best(answering) };
  if ('skipped' in peer) return { name, quality, perSecond, bm25s: peer };
  const other = {
    version: peer.answer.version,
    indexed: corpus.length / best(peer.answer.indexing),
    answered: texts.length / best(peer.answer.answering),
  };
  const ratios = {
    indexed: perSecond.indexed / other.indexed,
    answered: perSecond.answered / other.answered,
  };
  return { name, quality, perSecond, bm25s: other, ratios };
}

const results = [];
for (const name of ['scifact', 'nfcorpus']) {
  if (!hasSharedData(name)) {
    process.stderr.write(`bm25: skipped, no shared data of ${name}\n`);
    continue;
  }
  const result = await measureCollection(name);
  results.push(result);
  const { quality, perSecond, ratios } = result;
  process.stderr.write(
    `bm25 ${name}: nDCG@10 ${quality['nDCG@10']!.toFixed(4)}, ${Math.round(perSecond.indexed)} passages/s indexed, ` +
      `${Math.round(perSecond.answered)} queries/s answered; ` +
      (ratios
        ? `${ratios.indexed.toFixed(2)} and ${ratios.answered.toFixed(2)} times bm25s\n`
        : `bm25s skipped: ${JSON.stringify(result.bm25s)}\n`),
  );
}
process.stdout.write(`${JSON.stringify({ bench: 'bm25', k, results })}\n`);
