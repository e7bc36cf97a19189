/**
 * What becomes of the queries that a model writes, by type: asked for, accepted, rejected by reason, and what that cost. Each type is
 * asked for once about the same passages, and goes through the checks of a recipe: the text, contamination by the dataset's
 * judged queries, round trip, judge. Unanswerable ones are looked up, and instructed ones make a twin.
 *
 *     npx tsx bench/query-yields.ts --model smollm2-135m-instruct --threads 1 --passages 2
 *
 * Further: --dataset DIR (the handbook), --types question,claim, --judge yes-no|graded|reasoned, --encoder none, --seed 7,
 * --ledger DIR to go on after a stop and to run it again for nothing. Weights must be in the cache.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { usageSince } from '../src/core/usage.js';
import { corpusOfMap } from '../src/generate/corpus.js';
import { Funnel } from '../src/generate/funnel.js';
import { generateSet } from '../src/generate/generate-set.js';
import type { JudgeMode } from '../src/generate/judge/judge.js';
import { type QueryTypeName, queryType, queryTypes } from '../src/generate/queries/query-types.js';
import { drawPassages } from '../src/generate/sample/draw-passages.js';
import { createForgeContext } from '../src/pipeline/forge-context.js';
import { queryCheck } from '../src/pipeline/generation/contamination-checks.js';
import { openJudge } from '../src/pipeline/generation/open-judge.js';
import { querySettings } from '../src/pipeline/generation/query-settings.js';
import { parseRecipe } from '../src/pipeline/recipe/load-recipe.js';

const { values: flags } = parseArgs({
  options: {
    model: { type: 'string', default: 'smollm2-135m-instruct' },
    threads: { type: 'string' },
    dataset: { type: 'string', default: 'datasets/handbook' },
    passages: { type: 'string', default: '8' },
    types: { type: 'string', default: Object.keys(queryTypes).join(',') },
    judge: { type: 'string', default: 'yes-no' },
    encoder: { type: 'string', default: 'all-minilm-l6-v2' },
    seed: { type: 'string', default: '7' },
    ledger: { type: 'string' },
  },
});
const count = Number(flags.passages);
const seed = Number(flags.seed);
const types = flags.types.split(',').map((name) => {
  queryType(name);
  return name as QueryTypeName;
});

const recipe = parseRecipe({
  name: 'query-yields',
  dataset: flags.dataset,
  seed,
  encoder: flags.encoder,
  models: {
    writer: {
      model: flags.model,
      threads: flags.threads === undefined ? undefined : Number(flags.threads),
      concurrency: 1,
    },
  },
  generate: { model: 'writer', count, judge: { mode: flags.judge as JudgeMode } },
});
const { generate: settings } = recipe;
const folder = await mkdtemp(join(tmpdir(), 'rankforge-yields-'));
try {
  await using context = createForgeContext(recipe, { out: folder, ledger: flags.ledger });
  const { passages, queries: judged } = await context.dataset();
  const firstStage = await context.firstStage();
  const { encoder } = firstStage;
  const models = await context.models();
  const writer = await models.open('writer');
  const { judge } = await openJudge(settings.judge, models, 'writer');
  const corpus = corpusOfMap(passages);
  const evaluation = [...judged.values()];
  const checks = { writer, judge, firstStage, corpus, evaluation, funnel: new Funnel() };
  const shared = {
    ...(await querySettings(recipe, checks)),
    contamination: await queryCheck(evaluation, settings.hygiene, { seed, encoder }),
    passages: (await drawPassages(() => passages.values(), { method: 'uniform' }, { seed, count })).passages,
    corpus,
    seed,
    concurrency: 1,
  };
  const rows: object[] = [];
  for (const type of types) {
    const before = models.usage;
    const began = performance.now();
    const { funnel, examples, stopped } = await generateSet({
      ...shared,
      types: { [type]: 1 },
      count: count * queryType(type).examples,
      // Each passage once: what is rejected is not asked for again.
      maxAttempts: count,
    });
    if (stopped !== undefined && !isShort(stopped)) throw stopped;
    const usage = usageSince(before, models.usage);
    const rejected = Object.fromEntries(
      funnel
        .toJSON()
        .stages.flatMap(({ stage, rejected: reasons }) =>
          Object.entries(reasons).map(([reason, times]) => [`${stage}: ${reason}`, times]),
        ),
    );
    rows.push({
      type,
      asked: funnel.stage('queries').in,
      accepted: funnel.stage('duplicates').out,
      examples: examples.length,
      rejected,
      calls: usage.calls - usage.cachedCalls,
      promptTokens: usage.promptTokens,
      outputTokens: usage.outputTokens,
      seconds: Math.round((performance.now() - began) / 100) / 10,
      queries: examples.map(({ query }) => [query.text, query.instruction].filter(Boolean).join(' | ')),
    });
    process.stderr.write(`query-yields ${JSON.stringify(rows.at(-1))}\n`);
  }
  const { promptTokens, outputTokens } = models.usage;
  console.log(
    JSON.stringify(
      { model: writer.id, judge: flags.judge, passages: count, promptTokens, outputTokens, rows },
      null,
      2,
    ),
  );
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** Too few held: that is what is measured here. */
function isShort(error: unknown): boolean {
  return (error as { readonly code?: unknown }).code === 'count-not-reached';
}
