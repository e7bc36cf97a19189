import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Candidates } from '../../core/candidates.js';
import { collect } from '../../core/collect.js';
import type { JobOptions } from '../../core/progress.js';
import type { Run, ScoredId } from '../../core/run.js';
import { type Frontier, makeFrontier } from '../../distill/auto/frontier.js';
import { type GateOptions, type GateResult, runGate } from '../../distill/gate.js';
import { withCard } from '../../distill/make-student.js';
import type { Student } from '../../distill/student.js';
import { studentComparator } from '../../distill/student-comparator.js';
import { loadStudent, saveStudent } from '../../distill/student-folder.js';
import type { StudentKind } from '../../distill/students/scorer.js';
import { bootstrapInterval } from '../../evaluate/bootstrap-interval.js';
import { compareRuns } from '../../evaluate/compare-runs.js';
import { evaluateRun } from '../../evaluate/evaluate-run.js';
import { atomicWrite } from '../../formats/atomic-write.js';
import { readExamples } from '../../formats/examples.js';
import { readRun, writeRun } from '../../formats/trec-run.js';
import type { EmbeddingModel } from '../../models/embedding-model.js';
import { composeReranker } from '../../rerank/reranker.js';
import type { ForgeContext } from '../forge-context.js';
import { measuredQueries } from '../measured-queries.js';
import { rankingRow } from '../report/ranking-row.js';
import type { BaselineComparison, RankingRow, ReportData } from '../report/report-data.js';
import type { Stage } from '../stage.js';
import { measuredPoint, pointOf } from '../student-point.js';
import { distilled, type StudentChoice } from './distill.js';
import { datasetFiles, generated } from './generate.js';
import { candidateLists, taught } from './teach.js';

/** Files of the stage's folder; `student` is the chosen one with its gate in its card. */
export const evaluated = { results: 'results.json', student: 'student' } as const;

/** What `results.json` holds. */
export interface ForgeResults {
  readonly rankings: readonly RankingRow[];
  readonly comparisons: readonly BaselineComparison[];
  readonly gate: GateResult;
  readonly frontier: Frontier;
  readonly measuredOn: NonNullable<ReportData['measuredOn']>;
}

// Every ranking is measured over so many ranks; a student reorders the first `depth` and keeps those below.
const measuredDepth = 100;

/** Measures every ranking on queries that nothing was trained on, and runs the gate on the chosen student. */
export function evaluateStage(context: ForgeContext): Stage {
  const { recipe } = context;
  return {
    name: 'evaluate',
    after: ['generate', 'teach', 'distill'],
    settings: {
      evaluate: recipe.evaluate,
      seed: recipe.seed,
      retrieval: recipe.retrieval,
      encoder: recipe.encoder,
    },
    files: datasetFiles(context),
    run: async ({ folder, input, ...job }) => {
      await evaluate(
        context,
        { folder, generate: input('generate'), teach: input('teach'), distill: input('distill') },
        job,
      );
      return {};
    },
  };
}

async function evaluate(
  context: ForgeContext,
  folders: Readonly<Record<'folder' | 'generate' | 'teach' | 'distill', string>>,
  job: JobOptions,
): Promise<void> {
  const { recipe } = context;
  const { measures, alpha } = recipe.evaluate;
  const { seed } = recipe;
  const examples = await collect(readExamples(join(folders.generate, generated.examples)));
  const { queries, qrels, judgements } = await measuredQueries(context, examples);
  const { retrievers, encoder } = await context.firstStage();
  const lists = await candidateLists(context, queries, { ...job, depth: measuredDepth });
  const baselines = new Map<string, Run>();
  for (const [name, retriever] of retrievers) {
    const run = new Map<string, readonly ScoredId[]>();
    for (const query of queries)
      run.set(query.id, await retriever.search(query, measuredDepth, { signal: job.signal }));
    baselines.set(name, run);
  }
  const choice = JSON.parse(await readFile(join(folders.distill, distilled.choice), 'utf8')) as StudentChoice;
  const ranking = { depth: recipe.retrieval.depth, encoder, ...job };
  const students = new Map<string, { student: Student; run: Run }>();
  for (const { kind } of choice.students) {
    const student = await loadStudent(join(folders.distill, kind));
    students.set(kind, {
      student,
      run: await rankWith(student, lists, ranking),
    });
  }
  const chosen = students.get(choice.chosen)!;
  const gate = runGate({
    student: { name: choice.chosen, run: chosen.run },
    baselines: Object.fromEntries(baselines),
    qrels,
    seed,
    alpha,
    teachers: { "the teachers' labels": await readRun(join(folders.teach, taught.labels)) },
    teacherMargin: recipe.distill.teacherMargin,
    notes: choice.notes,
    extrapolation: await extrapolated(choice, folders.distill, lists, ranking),
  });
  const rows = [
    ...[...baselines].map(([name, run]) => ({ name, kind: 'baseline' as const, run })),
    ...[...students].map(([kind, { run }]) => ({ name: kind, kind: 'student' as const, run })),
  ];
  for (const { name, kind, run } of rows) {
    const file = kind === 'student' ? `student-${name}` : name;
    await writeRun(join(folders.folder, 'runs', `${file}.trec`), run, file);
  }
  const evaluations = new Map(rows.map(({ run }) => [run, evaluateRun(qrels, run, measures)]));
  const results: ForgeResults = {
    rankings: rows.map(({ name, kind, run }) => rankingRow({ name, kind }, evaluations.get(run)!, { seed })),
    comparisons: [...baselines].map(([baseline, run]) => ({
      student: choice.chosen,
      baseline,
      result: compareRuns(qrels, [chosen.run, run], measures[0]!, { seed }),
    })),
    gate,
    frontier: makeFrontier(
      choice.students.map(({ kind, heldOut }) => {
        const { student, run } = students.get(kind)!;
        const values = [...evaluateRun(qrels, run, [gate.measure]).perQuery.values()];
        const quality = bootstrapInterval(
          values.map((row) => row[gate.measure]!),
          { seed },
        );
        return measuredPoint(
          pointOf({ kind: kind as StudentKind, heldOut, student }),
          quality,
          kind === choice.chosen ? gate : undefined,
        );
      }),
      {
        measure: gate.measure,
        choice: {
          index: choice.students.findIndex(({ kind }) => kind === choice.chosen),
          reason: choice.reason,
        },
        unfinished: choice.unfinished,
        untrained: { name: gate.baseline, mean: gate.baselineMeans[gate.baseline]! },
        budgetMs: recipe.distill.latencyMs,
      },
    ),
    measuredOn: { queries: queries.length, judgements },
  };
  await atomicWrite(join(folders.folder, evaluated.results), `${JSON.stringify(results, null, 2)}\n`);
  const { means } = evaluations.get(chosen.run)!;
  await saveStudent(
    join(folders.folder, evaluated.student),
    withCard(chosen.student, { gate, figures: { ...means } }),
  );
}

/** Each judged query ranked by the student that was trained without its subject. */
async function extrapolated(
  { extrapolation }: StudentChoice,
  distillFolder: string,
  lists: readonly Candidates[],
  ranking: Parameters<typeof rankWith>[2],
): Promise<GateOptions['extrapolation']> {
  if (!extrapolation) return undefined;
  const { clusters, folds } = extrapolation;
  const run = new Map<string, readonly ScoredId[]>();
  for (const { folder, queries } of folds) {
    const student = await loadStudent(join(distillFolder, folder));
    const own = lists.filter(({ query }) => queries.includes(query.id));
    for (const [id, items] of await rankWith(student, own, ranking)) run.set(id, items);
  }
  return { run, clusters, folds: folds.length };
}

async function rankWith(
  student: Student,
  lists: readonly Candidates[],
  {
    depth,
    encoder,
    signal,
  }: JobOptions & { readonly depth: number; readonly encoder: EmbeddingModel | undefined },
): Promise<Run> {
  await using comparator = studentComparator(student, { encoder });
  const reranker = composeReranker({ program: 'full', comparator, depth });
  const run = new Map<string, readonly ScoredId[]>();
  for (const list of lists) {
    const { items } = await reranker.rerank(list, { signal });
    run.set(
      list.query.id,
      items.map(({ id, score }) => ({ id, score })),
    );
  }
  return run;
}
