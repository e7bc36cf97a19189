import { join } from 'node:path';
import { RankforgeError } from '../core/errors.js';
import type { JobOptions } from '../core/progress.js';
import type { Qrels, Run, ScoredId } from '../core/run.js';
import { columnOf } from '../distill/features/feature-set.js';
import { type GateResult, runGate } from '../distill/gate.js';
import { saveStudent } from '../distill/student-folder.js';
import { priorWeights, untrainedPrior } from '../distill/students/prior.js';
import { type StudentKind, scoreFeatures } from '../distill/students/scorer.js';
import { sumScores, teacherScores } from '../distill/teachers/measure-teachers.js';
import type { TrainingList } from '../distill/training-list.js';
import type { Dataset } from '../formats/dataset.js';
import { openFirstStage } from './first-stage.js';
import { trainStudents } from './train-students.js';

export interface DistillRunsOptions extends JobOptions {
  readonly dataset: Dataset;
  /** The candidates, in first-stage order. */
  readonly run: Run;
  /** One or more rankings of them to learn from, by name: each counts alike. */
  readonly teachers: Readonly<Record<string, Run>>;
  readonly kind: StudentKind;
  readonly depth: number;
  /** Encoder alias, or `none` for a student without pretrained weights. */
  readonly encoder: string;
  readonly seed: number;
  /** Judgements for the gate; queries count with scores of folds that did not train on them. */
  readonly qrels?: Qrels;
  readonly out: string;
  readonly command?: string;
}

export interface DistilledRuns {
  readonly folder: string;
  readonly heldOut: number;
  readonly priorOnly: boolean;
  readonly gate?: GateResult;
  /** Cross-validated scores of every query's candidates. */
  readonly heldOutRun: Run;
}

/**
 * Trains a student from recorded rankings and saves it. The gate, where there are judgements, compares its
 * cross-validated ranking with the first stage, BM25, cosine and the untrained fusion over the same candidates.
 * @throws RankforgeError `unknown-id` for candidates that the dataset lacks, `too-little-data`
 */
export async function distillRuns(options: DistillRunsOptions): Promise<DistilledRuns> {
  const { dataset, run, teachers, kind, depth, encoder, seed, qrels, out, command } = options;
  const job = {
    ...(options.signal ? { signal: options.signal } : {}),
    ...(options.onProgress ? { onProgress: options.onProgress } : {}),
  };
  const candidates = new Map(
    [...run]
      .filter(([id]) => Object.values(teachers).every((teacher) => teacher.has(id)))
      .map(([id, items]) => [id, items.slice(0, depth).map((item) => item.id)]),
  );
  if (candidates.size === 0) {
    throw new RankforgeError('too-little-data', 'No query is in the run and in every teacher', {
      where: 'queries',
      hint: 'Give runs of the same queries.',
    });
  }
  const labels = sumScores(
    // A recorded run's scores often mean nothing but its order.
    Object.values(teachers).map((teacher) => ({
      z: teacherScores({ run: teacher, ranksOnly: true }, candidates),
      weight: 1,
    })),
    candidates,
  );
  await using firstStage = await openFirstStage(dataset.passages, { encoder, ...job });
  const lists = [...candidates].map(([queryId, ids]) => ({
    query: known(dataset.queries, queryId, 'query', dataset.name),
    passages: ids.map((id) => known(dataset.passages, id, 'passage', dataset.name)),
    labels: labels.get(queryId)!,
  }));
  const [trained] = await trainStudents({
    kinds: [kind],
    lists,
    labels: 'scores',
    firstStage,
    firstStageOrder: true,
    seed,
    // On cross-validated scores: no query's probabilities come from a student that learned from it.
    ...(qrels ? { relevance: relevanceOf(qrels), relevanceSource: 'judged queries' } : {}),
    about: { source: `the runs ${Object.keys(teachers).join(', ')}`, ...(command ? { command } : {}) },
    ...job,
  });
  const { student, lists: features, heldOut, trained: training } = trained!;
  const heldOutRun = toRun(candidates, (id) => training.heldOutScores.get(id));
  const gate =
    qrels &&
    runGate({
      student: { name: kind, run: heldOutRun },
      baselines: untrainedOf(features, candidates, student.card.features),
      qrels: only(qrels, candidates),
      seed,
    });
  await saveStudent(
    out,
    gate
      ? {
          ...student,
          card: {
            ...student.card,
            gate,
            figures: { [`${gate.measure}, cross-validated`]: gate.studentMean },
          },
        }
      : student,
  );
  return { folder: join(out), heldOut, priorOnly: training.priorOnly, ...(gate ? { gate } : {}), heldOutRun };
}

function known<T>(items: ReadonlyMap<string, T>, id: string, kind: string, dataset: string): T {
  const item = items.get(id);
  if (item) return item;
  throw new RankforgeError('unknown-id', `The run names the ${kind} "${id}", which is not in ${dataset}`, {
    where: id,
    hint: 'Give the dataset that the run was made from; --split picks its queries.',
  });
}

/** Relevant is grade 2 and above where grades go that far, else 1. */
function relevanceOf(qrels: Qrels): ReadonlyMap<string, ReadonlyMap<string, boolean>> {
  const graded = [...qrels.values()].some((grades) => [...grades.values()].some((grade) => grade >= 2));
  return new Map(
    [...qrels].map(([queryId, grades]) => [
      queryId,
      new Map([...grades].map(([id, grade]) => [id, grade >= (graded ? 2 : 1)])),
    ]),
  );
}

const only = (qrels: Qrels, candidates: ReadonlyMap<string, unknown>): Qrels =>
  new Map([...qrels].filter(([id]) => candidates.has(id)));

/** Scores aligned with the candidates as a run; a query without scores keeps its order. */
function toRun(
  candidates: ReadonlyMap<string, readonly string[]>,
  scoresOf: (queryId: string) => ArrayLike<number> | undefined,
): Run {
  return new Map(
    [...candidates].map(([queryId, ids]): [string, ScoredId[]] => {
      const scores = scoresOf(queryId);
      return [
        queryId,
        ids
          .map((id, index) => ({ id, score: scores ? scores[index]! : -index }))
          .sort((a, b) => b.score - a.score),
      ];
    }),
  );
}

function untrainedOf(
  lists: readonly TrainingList[],
  candidates: ReadonlyMap<string, readonly string[]>,
  features: { readonly dense: boolean; readonly firstStage: boolean; readonly names: readonly string[] },
): Record<string, Run> {
  const byQuery = new Map(lists.map((list) => [list.queryId, list.features]));
  const column = (name: string): Run => toRun(candidates, (id) => columnOf(byQuery.get(id)!, name));
  const weights = priorWeights(untrainedPrior(features), features.names);
  return {
    'first stage': toRun(candidates, () => undefined),
    bm25: column('bm25'),
    ...(features.dense ? { dense: column('cosine') } : {}),
    fusion: toRun(candidates, (id) => scoreFeatures({ kind: 'linear', weights }, byQuery.get(id)!)),
  };
}
