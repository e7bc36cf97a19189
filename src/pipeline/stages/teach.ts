import { join } from 'node:path';
import type { Candidates } from '../../core/candidates.js';
import { collect } from '../../core/collect.js';
import type { Example } from '../../core/example.js';
import type { JobOptions } from '../../core/progress.js';
import type { Query } from '../../core/query.js';
import { randomStream, shuffle } from '../../core/random.js';
import { usageSince } from '../../core/usage.js';
import type { Warning } from '../../core/warning.js';
import { fuseTeachers } from '../../distill/teachers/fuse-teachers.js';
import type { TeacherRun } from '../../distill/teachers/measure-teachers.js';
import { atomicWrite } from '../../formats/atomic-write.js';
import { readExamples, writeExamples } from '../../formats/examples.js';
import { writeRun } from '../../formats/trec-run.js';
import { openComparator } from '../../rerank/comparators/registry.js';
import { localExecutor } from '../executor.js';
import { exportRecipeSet } from '../export-set.js';
import type { FirstStage } from '../first-stage.js';
import type { ForgeContext } from '../forge-context.js';
import { labelExamples, withOwnPassages } from '../label-examples.js';
import { modelSettings, type TeacherEntry } from '../recipe/recipe.js';
import type { TeacherTable } from '../report/report-data.js';
import { scoreCandidates } from '../score-candidates.js';
import type { Stage } from '../stage.js';
import { teacherThinking } from '../teacher-thinking.js';
import { datasetFiles, generated } from './generate.js';

/** Files of the stage's folder, and the folder of the exports with the teachers' scores. */
export const taught = {
  labels: 'labels.trec',
  table: 'teachers.json',
  examples: 'examples.jsonl',
  exports: 'exports',
} as const;

/** Scores the candidates of every training query with each teacher, measures the teachers, and fuses those that help. */
export function teachStage(context: ForgeContext): Stage {
  const { recipe } = context;
  return {
    name: 'teach',
    after: ['generate'],
    settings: {
      teachers: recipe.teachers,
      models: modelSettings(recipe),
      retrieval: recipe.retrieval,
      encoder: recipe.encoder,
      seed: recipe.seed,
      judged: recipe.evaluate.teacherQueries,
      split: recipe.evaluate.split,
      exports: recipe.generate.exports,
    },
    files: datasetFiles(context),
    run: async ({ folder, input, ...job }) => {
      const examples = await collect(readExamples(join(input('generate'), generated.examples)));
      return teach(context, examples, folder, job);
    },
  };
}

async function teach(context: ForgeContext, examples: readonly Example[], folder: string, job: JobOptions) {
  const { recipe } = context;
  const { queries: judged, qrels } = await context.dataset();
  const first = await context.firstStage();
  const models = await context.models();
  const before = models.usage;
  const measured =
    qrels.size === 0 ? [] : sample([...judged.values()], recipe.evaluate.teacherQueries, recipe.seed);
  const lists = await candidateLists(context, [...examples.map(({ query }) => query), ...measured], {
    ...job,
    depth: recipe.retrieval.depth,
  });
  const scored = withOwnPassages(lists, examples);
  const untrained = await untrainedRuns(scored, first, job);
  const warnings: Warning[] = [];
  const teachers: TeacherRun[] = [];
  for (const teacher of recipe.teachers) {
    const { warnings: own, ...run } = await runTeacher(
      teacher,
      lists,
      context,
      join(folder, 'shards', teacher.name),
      job,
    );
    teachers.push(run);
    warnings.push(...own);
  }
  const runs = [...untrained, ...teachers];
  const fused = fuseTeachers(
    {
      candidates: new Map(
        lists.map(({ query, items }) => [query.id, items.map(({ passage }) => passage.id)]),
      ),
      runs,
      known: new Map(examples.map((example) => [example.query.id, sourceOf(example)])),
      qrels,
      writers: new Map(
        examples.flatMap(({ query, provenance }) =>
          provenance?.modelId === undefined ? [] : [[query.id, provenance.modelId] as const],
        ),
      ),
    },
    { seed: recipe.seed },
  );
  for (const { name, run } of runs) await writeRun(join(folder, 'runs', `${name}.trec`), run, name);
  await writeRun(join(folder, taught.labels), fused.labels, 'labels');
  const table: TeacherTable = {
    knownItemMeasure: 'RR',
    knownItems: examples.length,
    judgedMeasure: measured.length > 0 ? `nDCG@10 of ${measured.length} judged queries` : undefined,
    rows: fused.rows.map(({ name, kind, knownItems, judged: figures, weight, note }) => ({
      name,
      kind,
      knownItem: knownItems?.rr,
      judged: figures?.ndcg,
      weight,
      note,
    })),
  };
  await atomicWrite(join(folder, taught.table), `${JSON.stringify(table, null, 2)}\n`);
  const labelled = labelExamples(examples, { lists: scored, runs, weights: fused.weights });
  const thought = await thinkingOf(labelled, fused.weights, context, job);
  warnings.push(...thought.warnings);
  await writeExamples(join(folder, taught.examples), thought.examples);
  // The set's own exports were written before anything had a score: these are the same with the teachers'.
  const exported = await exportRecipeSet(
    recipe,
    join(folder, taught.examples),
    join(folder, taught.exports),
    job,
  );
  return {
    usage: usageSince(before, models.usage),
    warnings: [...fused.warnings, ...warnings, ...exported.warnings],
  };
}

/** The passage that an example's query was written about. */
export function sourceOf({ query, passages }: Example): string {
  return String(
    query.metadata?.source ?? passages.find(({ origin }) => origin === 'corpus')?.passage.id ?? '',
  );
}

const sample = (queries: readonly Query[], count: number, seed: number): Query[] =>
  shuffle(queries, randomStream(seed, 'teacher-queries')).slice(0, count);

/** The first `depth` of the best untrained ranking, for each query. */
export async function candidateLists(
  context: ForgeContext,
  queries: readonly Query[],
  { depth, signal, onProgress }: JobOptions & { readonly depth: number },
): Promise<Candidates[]> {
  const { passages } = await context.dataset();
  const { best } = await context.firstStage();
  const lists: Candidates[] = [];
  for (const query of queries) {
    signal?.throwIfAborted();
    const found = await best.search(query, depth, { signal });
    lists.push({ query, items: found.map(({ id, score }) => ({ passage: passages.get(id)!, score })) });
    onProgress?.({ stage: 'candidates', done: lists.length, total: queries.length });
  }
  return lists;
}

/** The candidates as each untrained ranking scores them. Fusions are shown and take no part: their parts do. */
async function untrainedRuns(
  lists: readonly Candidates[],
  { retrievers, weights }: FirstStage,
  { signal }: JobOptions,
): Promise<TeacherRun[]> {
  return Promise.all(
    [...retrievers].map(async ([name, retriever]) => {
      const run = new Map<string, { id: string; score: number }[]>();
      for (const { query, items } of lists) {
        const wanted = new Set(items.map(({ passage }) => passage.id));
        // Deep enough to hold nearly every candidate; what it does not find counts as its lowest.
        const found = await retriever.search(query, 1000, { signal });
        run.set(
          query.id,
          found.filter(({ id }) => wanted.has(id)),
        );
      }
      return { name, kind: 'untrained' as const, run, weight: weights[name] ?? 0 };
    }),
  );
}

async function runTeacher(
  { name, method, compare, model: modelName, depth }: TeacherEntry,
  lists: readonly Candidates[],
  context: ForgeContext,
  folder: string,
  job: JobOptions,
): Promise<TeacherRun & { readonly warnings: readonly Warning[] }> {
  const { models, seed } = context.recipe;
  const model = await (await context.models()).open(modelName);
  await using comparator = await openComparator(compare, { model, seed });
  const cut =
    depth === undefined ? lists : lists.map(({ query, items }) => ({ query, items: items.slice(0, depth) }));
  const { run, warnings } = await scoreCandidates(cut, {
    executor: localExecutor,
    stage: name,
    folder,
    method,
    comparator,
    callsAtOnce: models[modelName]!.concurrency,
    ...job,
  });
  return {
    name,
    kind: 'teacher',
    run,
    comparator: compare,
    modelId: model.id,
    ranksOnly: !comparator.absolute,
    warnings,
  };
}

/** What the heaviest reasoning teacher of the labels thinks of each example. One that adds nothing to them is not believed. */
async function thinkingOf(
  examples: readonly Example[],
  weights: ReadonlyMap<string, number>,
  context: ForgeContext,
  job: JobOptions,
): Promise<{ readonly examples: readonly Example[]; readonly warnings: readonly Warning[] }> {
  const { teachers, models, seed } = context.recipe;
  const [teacher] = teachers
    .filter(({ name, compare }) => /^reason(?::|$)/.test(compare) && (weights.get(name) ?? 0) > 0)
    .sort((a, b) => weights.get(b.name)! - weights.get(a.name)!);
  if (!teacher) return { examples, warnings: [] };
  const model = await (await context.models()).open(teacher.model);
  await using comparator = await openComparator(teacher.compare, { model, seed });
  const callsAtOnce = models[teacher.model]!.concurrency;
  const { thinking, warnings } = await teacherThinking(examples, comparator, { ...job, seed, callsAtOnce });
  return {
    examples: examples.map((example) => {
      const own = thinking.get(example.query.id);
      return own ? { ...example, thinking: own } : example;
    }),
    warnings,
  };
}
