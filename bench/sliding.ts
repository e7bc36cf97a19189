/**
 * A whole reranking of 100 candidates by windows of 20 that move 10, asked by `first` and by `generate` on the same loaded
 * model: seconds, calls and tokens a query, and how often faster `first` is.
 *   npx tsx bench/sliding.ts --model smollm2-135m-instruct --queries 5 --threads 1
 * Both are asked query by query in turn, so that both see the same machine.
 */
import { parseArgs } from 'node:util';
import { openLlama } from '../src/models/llama/llama-model.js';
import { resolveWeights } from '../src/models/weights/resolve.js';
import type { Comparator } from '../src/rerank/comparator.js';
import { firstComparator } from '../src/rerank/comparators/first.js';
import { generateComparator } from '../src/rerank/comparators/generate.js';
import { composeReranker } from '../src/rerank/reranker.js';
import { dl19Candidates, dl19Qrels, hasDl19, ndcg10 } from '../test/rerank/dl19.js';

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: 'smollm2-135m-instruct' },
    queries: { type: 'string', default: '5' },
    depth: { type: 'string', default: '100' },
    program: { type: 'string', default: 'sliding:20/10' },
    threads: { type: 'string' },
  },
});

if (!hasDl19) {
  console.error('sliding: skipped, DL19 is not there');
  console.log(JSON.stringify({ skipped: 'dl19' }));
  process.exit(0);
}

const depth = Number(values.depth);
const all = await dl19Candidates();
const candidates = all
  .slice(0, Number(values.queries))
  .map(({ query, items }) => ({ query, items: items.slice(0, depth) }));
const weights = await resolveWeights(values.model);
await using model = await openLlama({
  weights,
  contextSize: 8192,
  threads: values.threads === undefined ? undefined : Number(values.threads),
});

/** The figures of one query. */
interface Measured {
  readonly seconds: number;
  /** All threads together: with one it tells the same on a busy machine. */
  readonly processorSeconds: number;
  readonly calls: number;
  readonly promptTokens: number;
  /** Prompt tokens that were not held from an earlier call. */
  readonly evaluatedTokens: number;
  readonly outputTokens: number;
  readonly warnings: readonly string[];
}

const rankings = new Map<string, Awaited<ReturnType<ReturnType<typeof composeReranker>['rerank']>>[]>();

async function measure(comparator: Comparator, asked: (typeof candidates)[number]): Promise<Measured> {
  // What is no ranking after a second try keeps its order, so that each way is measured to its end.
  const reranker = composeReranker({
    program: values.program,
    comparator,
    onFailure: 'keep',
    concurrency: 1,
  });
  const [started, used, evaluated] = [performance.now(), process.cpuUsage(), model.evaluatedTokens];
  const ranking = await reranker.rerank(asked);
  const { user, system } = process.cpuUsage(used);
  rankings.set(comparator.name, [...(rankings.get(comparator.name) ?? []), ranking]);
  const { calls, promptTokens, outputTokens } = ranking.usage;
  return {
    seconds: (performance.now() - started) / 1000,
    processorSeconds: (user + system) / 1e6,
    calls,
    promptTokens,
    evaluatedTokens: model.evaluatedTokens - evaluated,
    outputTokens,
    warnings: ranking.warnings.map(({ code }) => code),
  };
}

const comparators = { first: firstComparator({ model }), generate: generateComparator({ model }) };
const names = Object.keys(comparators) as (keyof typeof comparators)[];
const measured: Record<keyof typeof comparators, Measured[]> = { first: [], generate: [] };

// The first evaluation reads the weights from the disk: not counted.
await comparators.first.compare(
  all.at(-1)!.query,
  all
    .at(-1)!
    .items.slice(0, 20)
    .map(({ passage }) => passage),
);
for (const [turn, asked] of candidates.entries()) {
  for (const name of turn % 2 === 0 ? names : names.toReversed()) {
    const figures = await measure(comparators[name], asked);
    measured[name].push(figures);
    console.error(
      `query ${turn + 1}, ${name}: ${figures.seconds.toFixed(1)} s (${figures.processorSeconds.toFixed(1)} s of processor), ${figures.calls} calls, ${figures.promptTokens} prompt and ${figures.outputTokens} output tokens`,
    );
  }
}

const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]!;
const rounded = (value: number): number => Number(value.toFixed(3));
const keys = [
  'seconds',
  'processorSeconds',
  'calls',
  'promptTokens',
  'evaluatedTokens',
  'outputTokens',
] as const;

const ids = new Set(candidates.map(({ query }) => query.id));
const qrels = new Map([...(await dl19Qrels())].filter(([id]) => ids.has(id)));
const summary = (name: keyof typeof comparators) => ({
  ...Object.fromEntries(keys.map((key) => [key, rounded(median(measured[name].map((one) => one[key])))])),
  /** Queries with a window that kept its order, since no ranking could be read there. */
  queriesWithKeptOrder: measured[name].filter(({ warnings }) => warnings.includes('kept-order')).length,
  nDCG10: rounded(ndcg10(qrels, rankings.get(comparators[name].name)!)),
});
const ratio = (key: (typeof keys)[number]): number =>
  rounded(median(measured.generate.map((one, query) => one[key] / measured.first[query]![key])));

const result = {
  model: model.id,
  threads: model.threads,
  program: values.program,
  depth,
  queries: candidates.length,
  /** Of a query, the medians. */
  first: summary('first'),
  generate: summary('generate'),
  /** `generate` over `first` on the same query, the medians. */
  ratio: {
    seconds: ratio('seconds'),
    processorSeconds: ratio('processorSeconds'),
    promptTokens: ratio('promptTokens'),
  },
};
console.log(JSON.stringify(result));
console.error(
  `first ${median(measured.first.map((one) => one.seconds))} s a query, generate ${median(measured.generate.map((one) => one.seconds))} s: ${result.ratio.seconds} times, by processor time ${result.ratio.processorSeconds} times`,
);
