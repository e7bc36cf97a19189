/**
 * What taking off the positions' share does for `first` on a model that was not tuned for it: nDCG@10 on DL19, BM25's
 * top ranks reordered in one window, plain and debiased, beside BM25 and yes/no; and how much position alone decides.
 *   npx tsx bench/debias.ts --model smollm2-135m-instruct --queries 10
 * The report goes to stderr, figures as JSON to stdout. What was asked before is read from the ledger, so that a run that
 * was stopped goes on; its seconds are then those of the rest.
 */
import { parseArgs } from 'node:util';
import { behindDoor } from '../src/models/door/behind-door.js';
import { openLedger } from '../src/models/door/ledger.js';
import { openLlama } from '../src/models/llama/llama-model.js';
import { defaultModel } from '../src/models/weights/aliases.js';
import { resolveWeights } from '../src/models/weights/resolve.js';
import type { Comparator } from '../src/rerank/comparator.js';
import { firstComparator } from '../src/rerank/comparators/first.js';
import { oracleComparator } from '../src/rerank/comparators/judged.js';
import { pointwiseComparator } from '../src/rerank/comparators/pointwise.js';
import { contentFreeComparator } from '../src/rerank/debias/content-free.js';
import { measurePositions } from '../src/rerank/debias/position-report.js';
import { debias } from '../src/rerank/debias/registry.js';
import { renderPositionReport } from '../src/rerank/debias/render-position-report.js';
import { rerankRun } from '../src/rerank/rerank-run.js';
import { collect } from '../test/rerank/collect.js';
import { dl19Candidates, dl19Qrels, hasDl19, ndcg10 } from '../test/rerank/dl19.js';

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: defaultModel },
    queries: { type: 'string', default: '43' },
    depth: { type: 'string', default: '20' },
    /** Queries of the position report. */
    report: { type: 'string', default: '8' },
    /** Orders of each of their windows. */
    showings: { type: 'string', default: '4' },
    ways: {
      type: 'string',
      default: 'yes/no,plain,content-free,content-free-query,batch,rotations:2,rotations:4,permutations:4',
    },
    threads: { type: 'string' },
    ledger: { type: 'string', default: '.rankforge/bench-ledger' },
  },
});

if (!hasDl19) {
  console.error('debias: skipped, DL19 is not there');
  console.log(JSON.stringify({ skipped: 'dl19' }));
  process.exit(0);
}

const depth = Number(values.depth);
const all = await dl19Candidates();
const candidates = all.slice(0, Number(values.queries));
const ids = new Set(candidates.map(({ query }) => query.id));
const qrels = new Map([...(await dl19Qrels())].filter(([id]) => ids.has(id)));
const weights = await resolveWeights(values.model);
const threads = values.threads ? Number(values.threads) : undefined;
await using ledger = await openLedger(values.ledger);
await using model = behindDoor(await openLlama({ weights, contextSize: 8192, threads }), { ledger });

const measure = async (comparator: Comparator) => {
  const start = performance.now();
  const rankings = await collect(
    rerankRun(candidates, { program: 'full', comparator, depth, concurrency: 1, onFailure: 'keep' }),
  );
  const sum = (of: (ranking: (typeof rankings)[number]) => number) =>
    rankings.reduce((total, ranking) => total + of(ranking), 0);
  const result = {
    nDCG10: Number(ndcg10(qrels, rankings).toFixed(4)),
    calls: sum(({ usage }) => usage.calls),
    cachedCalls: sum(({ usage }) => usage.cachedCalls),
    promptTokens: sum(({ usage }) => usage.promptTokens),
    seconds: Number(((performance.now() - start) / 1000).toFixed(1)),
    warnings: [...new Set(rankings.flatMap(({ warnings }) => warnings.map(({ code }) => code)))],
  };
  console.error(`${comparator.name}: nDCG@10 ${result.nDCG10}, ${result.calls} calls, ${result.seconds} s`);
  return result;
};

const first = firstComparator({ model });
// The batch is of the run's own candidates, without their judgements; those of the other queries are not needed.
const sample = candidates.map(({ query, items }) => ({ query, items: items.slice(0, depth) }));
const ways = values.ways.split(',').filter(Boolean);
const comparatorOf = (way: string): Comparator => {
  if (way === 'yes/no') return pointwiseComparator({ model });
  if (way === 'plain') return first;
  if (way === 'content-free-query')
    return { ...contentFreeComparator(first, { query: 'replaced' }), name: 'first+content-free-query' };
  return debias(first, way, { sample });
};

const results: Record<string, unknown> = {
  bm25: (await measure({ ...oracleComparator(new Map()), name: 'bm25' })).nDCG10,
  ceiling: (await measure(oracleComparator(qrels))).nDCG10,
};
for (const way of ways) results[way] = await measure(comparatorOf(way));

const report =
  Number(values.report) > 0
    ? await measurePositions(first, candidates.slice(0, Number(values.report)), {
        window: depth,
        showings: Number(values.showings),
      })
    : undefined;
if (report) console.error(`\n${renderPositionReport(report)}`);
console.log(
  JSON.stringify({ model: weights.id, depth, queries: candidates.length, ...results, positions: report }),
);
