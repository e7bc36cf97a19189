/**
 * How well a model ranks, asked in one way: nDCG@10 on DL19, BM25's top ranks reordered, beside BM25 and the ceiling.
 *   npx tsx bench/rerank-quality.ts --model smollm2-135m-instruct --compare likelihood --depth 20
 * Several comparators (with commas) are measured one after the other on the same loaded model.
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { lookUp } from '../src/core/names.js';
import { openLlama } from '../src/models/llama/llama-model.js';
import { resolveWeights } from '../src/models/weights/resolve.js';
import { readTemplate } from '../src/prompts/template.js';
import type { Comparator } from '../src/rerank/comparator.js';
import { firstComparator } from '../src/rerank/comparators/first.js';
import { oracleComparator } from '../src/rerank/comparators/judged.js';
import { openComparator } from '../src/rerank/comparators/registry.js';
import { type LabelStyle, labelStyles } from '../src/rerank/labels.js';
import { rerankRun } from '../src/rerank/rerank-run.js';
import { collect } from '../test/rerank/collect.js';
import { dl19Candidates, dl19Qrels, hasDl19, ndcg10 } from '../test/rerank/dl19.js';

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: 'smollm2-135m-instruct' },
    compare: { type: 'string', default: 'likelihood,pointwise,first' },
    program: { type: 'string', default: 'full' },
    depth: { type: 'string', default: '20' },
    queries: { type: 'string', default: '43' },
    labels: { type: 'string' },
    prompt: { type: 'string' },
    threads: { type: 'string' },
  },
});

if (!hasDl19) {
  console.error('rerank-quality: skipped, DL19 is not there');
  console.log(JSON.stringify({ skipped: 'dl19' }));
  process.exit(0);
}

const depth = Number(values.depth);
const candidates = (await dl19Candidates()).slice(0, Number(values.queries));
const ids = new Set(candidates.map(({ query }) => query.id));
const qrels = new Map([...(await dl19Qrels())].filter(([id]) => ids.has(id)));
const weights = await resolveWeights(values.model, {
  onProgress: ({ stage, done, total }) =>
    process.stderr.isTTY &&
    process.stderr.write(`\r${stage} ${Math.round((100 * done) / (total ?? done))} %`),
});
await using model = await openLlama({
  weights,
  contextSize: 8192,
  ...(values.threads ? { threads: Number(values.threads) } : {}),
});

const measureOne = async (comparator: Comparator, program = values.program) => {
  const start = performance.now();
  const rankings = await collect(
    rerankRun(candidates, {
      program,
      comparator,
      depth,
      concurrency: 1,
      onFailure: 'keep',
      onProgress: ({ done, total }) =>
        process.stderr.isTTY &&
        process.stderr.write(`\r${comparator.name} ${done}/${total ?? candidates.length} `),
    }),
  );
  const sum = (of: (ranking: (typeof rankings)[number]) => number) =>
    rankings.reduce((all, one) => all + of(one), 0);
  const warnings: Record<string, number> = {};
  for (const { code } of rankings.flatMap((ranking) => ranking.warnings))
    warnings[code] = (warnings[code] ?? 0) + 1;
  return {
    nDCG10: Number(ndcg10(qrels, rankings).toFixed(4)),
    calls: sum(({ usage }) => usage.calls),
    promptTokens: sum(({ usage }) => usage.promptTokens),
    seconds: Number(((performance.now() - start) / 1000).toFixed(1)),
    warnings,
  };
};

const prompt = values.prompt ? { prompt: readTemplate(resolve(values.prompt)) } : {};
const results: Record<string, unknown> = {
  bm25: (await measureOne({ ...oracleComparator(new Map()), name: 'bm25' }, 'full')).nDCG10,
  ceiling: (await measureOne(oracleComparator(qrels), 'full')).nDCG10,
};
for (const name of values.compare.split(',')) {
  if (values.labels) lookUp(labelStyles, values.labels, 'label style');
  const comparator =
    name === 'first' && values.labels
      ? firstComparator({ model, ...prompt, labelStyle: values.labels as LabelStyle })
      : await openComparator(name, { model, ...prompt });
  const measured = await measureOne(comparator);
  results[name] = measured;
  console.error(
    `${name} (${values.program}, depth ${depth}, ${model.id}): nDCG@10 ${measured.nDCG10}, ${measured.seconds} s`,
  );
}
console.log(
  JSON.stringify({
    model: weights.id,
    program: values.program,
    depth,
    queries: candidates.length,
    ...results,
  }),
);
