import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Candidates } from '../../core/candidates.js';
import { collect } from '../../core/collect.js';
import type { JobOptions } from '../../core/progress.js';
import type { Query } from '../../core/query.js';
import type { Qrels, Run, ScoredId } from '../../core/run.js';
import { type GateResult, runGate } from '../../distill/gate.js';
import { withCard } from '../../distill/make-student.js';
import type { Student } from '../../distill/student.js';
import { studentComparator } from '../../distill/student-comparator.js';
import { loadStudent, saveStudent } from '../../distill/student-folder.js';
import { compareRuns } from '../../evaluate/compare-runs.js';
import { evaluateRun } from '../../evaluate/evaluate-run.js';
import { atomicWrite } from '../../formats/atomic-write.js';
import { readExamples } from '../../formats/examples.js';
import { writeRun } from '../../formats/trec-run.js';
import type { EmbeddingModel } from '../../models/embedding-model.js';
import { composeReranker } from '../../rerank/reranker.js';
import type { ForgeContext } from '../forge-context.js';
import { rankingRow } from '../report/ranking-row.js';
import type { BaselineComparison, RankingRow, ReportData } from '../report/report-data.js';
import type { Stage } from '../stage.js';
import { distilled, type StudentChoice } from './distill.js';
import { datasetFiles, generated } from './generate.js';
import { candidateLists } from './teach.js';

/** Files of the stage's folder; `student` is the chosen one with its gate in its card. */
export const evaluated = { results: 'results.json', student: 'student' } as const;

/** What `results.json` holds. */
export interface ForgeResults {
  readonly rankings: readonly RankingRow[];
  readonly comparisons: readonly BaselineComparison[];
  readonly gate: GateResult;
  readonly measuredOn: NonNullable<ReportData['measuredOn']>;
}

// Every ranking is measured over so many ranks; a student reorders the first `depth` and keeps those below.
const measuredDepth = 100;

/** Measures every ranking on queries that nothing was trained on, and runs the gate on the chosen student. */
export function evaluateStage(context: ForgeContext): Stage {
  const { recipe } = context;
  return {
    name: 'evaluate',
    after: ['generate', 'distill'],
    settings: {
      evaluate: recipe.evaluate,
      seed: recipe.seed,
      retrieval: recipe.retrieval,
      encoder: recipe.encoder,
    },
    files: datasetFiles(context),
    run: async ({ folder, input, ...job }) => {
      await evaluate(context, { folder, generate: input('generate'), distill: input('distill') }, job);
      return {};
    },
  };
}

async function evaluate(
  context: ForgeContext,
  folders: { readonly folder: string; readonly generate: string; readonly distill: string },
  job: JobOptions,
): Promise<void> {
  const { recipe } = context;
  const { measures, alpha } = recipe.evaluate;
  const { seed } = recipe;
  const { queries, qrels, judgements } = await heldOutQueries(context, folders.generate);
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
  const students = new Map<string, { student: Student; run: Run }>();
  for (const { kind } of choice.students) {
    const student = await loadStudent(join(folders.distill, kind));
    students.set(kind, {
      student,
      run: await rankWith(student, lists, { depth: recipe.retrieval.depth, encoder, ...job }),
    });
  }
  const chosen = students.get(choice.chosen)!;
  const gate = runGate({
    student: { name: choice.chosen, run: chosen.run },
    baselines: Object.fromEntries(baselines),
    qrels,
    seed,
    alpha,
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
    measuredOn: { queries: queries.length, judgements },
  };
  await atomicWrite(join(folders.folder, evaluated.results), `${JSON.stringify(results, null, 2)}\n`);
  const { means } = evaluations.get(chosen.run)!;
  await saveStudent(
    join(folders.folder, evaluated.student),
    withCard(chosen.student, { gate, figures: { ...means } }),
  );
}

/** Judged queries where there are some; else the validation part of the generated ones, with the judge's grades. */
async function heldOutQueries(
  context: ForgeContext,
  generateFolder: string,
): Promise<{ queries: Query[]; qrels: Qrels; judgements: ForgeResults['measuredOn']['judgements'] }> {
  const { queries, qrels } = await context.dataset();
  if (qrels.size > 0) return { queries: [...queries.values()], qrels, judgements: 'human' };
  const examples = await collect(readExamples(join(generateFolder, generated.examples)));
  const validation = examples.filter(({ split }) => split === 'validation');
  return {
    queries: validation.map(({ query }) => query),
    qrels: new Map(
      validation.map(({ query, passages }) => [
        query.id,
        new Map(passages.map(({ passage, grade }) => [passage.id, grade])),
      ]),
    ),
    judgements: 'generated',
  };
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
