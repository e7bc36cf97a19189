/**
 * How many mined negatives are false: by band of ranks, threshold and hardness, on collections with judgements, and what mining a set takes.
 *
 *     npx tsx bench/negatives.ts                       with BM25; needs no weights
 *     RETRIEVERS=bm25,dense,fused npx tsx bench/negatives.ts     embeds some 20,000 passages first
 *     COLLECTIONS=dl19 npx tsx bench/negatives.ts
 *
 * Of each query with two relevant passages or more one is taken as known and the others are hidden: candidates that are hidden ones are false negatives.
 * SciFact and NFCorpus hold relevant passages alone, so what nobody judged counts as a negative, and the rates are lower bounds. DL19's pool is judged
 * with grades 0 to 3, and only what was judged counts.
 */
import type { Passage } from '../src/core/passage.js';
import type { Query } from '../src/core/query.js';
import { randomStream, shuffle } from '../src/core/random.js';
import { loadDataset } from '../src/formats/dataset.js';
import { corpusOf } from '../src/generate/corpus.js';
import { Funnel } from '../src/generate/funnel.js';
import { type CandidatePool, type MiningSource, openPool } from '../src/generate/negatives/candidate-pool.js';
import { judgedRequests } from '../src/generate/negatives/judged-requests.js';
import { type MiningRequest, mineExamples } from '../src/generate/negatives/mine-examples.js';
import { type RatioPart, ratioInterval } from '../src/generate/negatives/ratio-interval.js';
import { openFirstStage } from '../src/pipeline/first-stage.js';
import type { Retriever } from '../src/retrieval/retriever.js';
import { hasSharedData, sharedData } from '../test/shared-data.js';

const wanted = (process.env.RETRIEVERS ?? 'bm25').split(',');
const collections = (process.env.COLLECTIONS ?? 'scifact,nfcorpus,dl19').split(',');
const say = (text: string): boolean => process.stderr.write(`negatives ${text}\n`);

const settings: Record<
  string,
  { readonly split: string; readonly relevantFrom: number; readonly judgedOnly: boolean }
> = {
  scifact: { split: 'train', relevantFrom: 1, judgedOnly: false },
  nfcorpus: { split: 'test', relevantFrom: 1, judgedOnly: false },
  dl19: { split: 'test', relevantFrom: 2, judgedOnly: true },
};

const bands = [
  [1, 10],
  [1, 50],
  [3, 20],
  [3, 50],
  [10, 50],
  [50, 100],
] as const;
const thresholds: Record<string, Omit<MiningSource, 'retriever' | 'band'>> = {
  none: {},
  'share 0.95': { belowShare: 0.95 },
  'share 0.8': { belowShare: 0.8 },
  'share 0.5': { belowShare: 0.5 },
};
const hardnessBands = [
  [0, 0.25],
  [0.25, 0.5],
  [0.5, 0.75],
  [0.75, 0.95],
  [0.95, 1.01],
] as const;

interface KnownItem {
  readonly query: Query;
  readonly source: string;
  readonly relevant: ReadonlySet<string>;
  readonly judged: ReadonlyMap<string, number>;
}

function knownItems(requests: readonly MiningRequest[]): KnownItem[] {
  return requests.flatMap(({ query, positives, known }) => {
    if (positives.length < 2) return [];
    const ids = shuffle(
      positives.map(({ passage }) => passage.id),
      randomStream(7, 'known', query.id),
    );
    return [{ query, source: ids[0]!, relevant: new Set(ids), judged: known ?? new Map() }];
  });
}

/** Of the candidates that mining would look at, those that are relevant, by query. */
async function falseNegatives(
  items: readonly KnownItem[],
  source: MiningSource,
  judgedOnly: boolean,
  keeps: (pool: CandidatePool, id: string) => boolean = () => true,
) {
  const parts: RatioPart[] = [];
  let without = 0;
  for (const { query, source: known, relevant, judged } of items) {
    const pool = await openPool(source, query, (id) => id === known, {
      depth: 100,
      pick: 'top',
      stream: randomStream(7),
    });
    if (pool.positiveUnknown) without += 1;
    const candidates = pool.positiveUnknown
      ? []
      : pool.candidates.filter(
          (id) => id !== known && !pool.isTooClose(id) && keeps(pool, id) && (!judgedOnly || judged.has(id)),
        );
    parts.push({
      numerator: candidates.filter((id) => relevant.has(id)).length,
      denominator: candidates.length,
    });
  }
  const { value, low, high } = ratioInterval(parts);
  const round = (share: number): number => Number(share.toFixed(4));
  return {
    rate: round(value),
    interval: [round(low), round(high)],
    candidates: parts.reduce((sum, { denominator }) => sum + denominator, 0),
    queriesWithoutPositive: without,
  };
}

async function measure(name: string) {
  const { split, relevantFrom, judgedOnly } = settings[name]!;
  const dataset = await loadDataset(sharedData(name), { split, unknownIds: 'count' });
  const requests = judgedRequests(dataset, { relevantFrom });
  const items = knownItems(requests);
  await using stage = await openFirstStage(dataset.passages, {
    encoder: wanted.every((one) => one === 'bm25') ? 'none' : undefined,
  });
  const figures: Record<string, unknown> = { queries: items.length };
  for (const retrieverName of wanted) {
    const retriever = remembered(stage.retrievers.get(retrieverName)!);
    const byBand: Record<string, unknown> = {};
    for (const band of bands)
      for (const [threshold, below] of Object.entries(thresholds))
        byBand[`ranks ${band.join('-')}, ${threshold}`] = await falseNegatives(
          items,
          { retriever, band, ...below },
          judgedOnly,
        );
    const byHardness: Record<string, unknown> = {};
    for (const [low, high] of hardnessBands)
      byHardness[`${low}-${Math.min(1, high)}`] = await falseNegatives(
        items,
        { retriever, band: [1, 100] },
        judgedOnly,
        (pool, id) => pool.hardnessOf(id) >= low && pool.hardnessOf(id) < high,
      );
    figures[retrieverName] = { byBand, byHardness };
    say(`${name} ${retrieverName}: ${JSON.stringify(figures[retrieverName])}`);
  }
  figures.mining = await mining(requests, dataset.passages, stage.best);
  say(`${name} mining: ${JSON.stringify(figures.mining)}`);
  return figures;
}

/** A query's list is the same under every band and threshold. */
function remembered(retriever: Retriever): Retriever {
  const lists = new Map<string, Awaited<ReturnType<Retriever['search']>>>();
  return {
    name: retriever.name,
    async search(query, k, options) {
      const list = lists.get(query.id) ?? (await retriever.search(query, 100, options));
      lists.set(query.id, list);
      return list.slice(0, k);
    },
  };
}

/** Processor time and memory of mining six negatives and two random ones for every query, the index being there. */
async function mining(
  requests: readonly MiningRequest[],
  passages: ReadonlyMap<string, Passage>,
  retriever: Retriever,
) {
  const before = process.cpuUsage();
  const started = performance.now();
  const funnel = new Funnel();
  let found = 0;
  for await (const example of mineExamples(requests, {
    retriever,
    corpus: corpusOf(passages.values()),
    seed: 7,
    funnel,
  }))
    found += example.passages.length;
  const { user, system } = process.cpuUsage(before);
  return {
    queries: requests.length,
    passages: found,
    processorSeconds: Number(((user + system) / 1e6).toFixed(2)),
    seconds: Number(((performance.now() - started) / 1000).toFixed(2)),
    memoryMiB: Math.round(process.memoryUsage().rss / 2 ** 20),
  };
}

const results: Record<string, unknown> = {};
for (const name of collections) results[name] = hasSharedData(name) ? await measure(name) : 'not here';
console.log(JSON.stringify(results));
