import { RankforgeError } from '../core/errors.js';
import type { JobOptions } from '../core/progress.js';
import type { Qrels, Run, ScoredId } from '../core/run.js';
import { columnOf } from '../distill/features/feature-set.js';
import { type GateResult, runGate } from '../distill/gate.js';
import { withCard } from '../distill/make-student.js';
import { saveStudent } from '../distill/student-folder.js';
import { priorWeights, untrainedPrior } from '../distill/students/prior.js';
import { type StudentKind, scoreFeatures } from '../distill/students/scorer.js';
import { sumScores, teacherScores } from '../distill/teachers/measure-teachers.js';
import type { TrainingList } from '../distill/training-list.js';
import type { Dataset } from '../formats/dataset.js';
import { candidatesOf } from './candidates-of.js';
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
  /** Queries of the run that every teacher ranks too: the others teach nothing. */
  readonly queries: number;
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
  const { dataset, run, teachers, kind, depth, encoder, seed, qrels, out, command, signal, onProgress } =
    options;
  const job = { signal, onProgress };
  const candidates = new Map(
    [...run]
      .filter(([id]) => Object.values(teachers).every((teacher) => teacher.has(id)))
      .map(([id, items]) => [id, items.slice(0, depth)]),
  );
  if (candidates.size === 0) {
    throw new RankforgeError('too-little-data', 'No query is in the run and in every teacher', {
      where: 'queries',
      hint: 'Give runs of the same queries.',
    });
  }
  if (qrels && ![...candidates.keys()].some((id) => qrels.has(id))) {
    throw new RankforgeError('too-little-data', 'The judgements are of no query of the run', {
      where: [...candidates.keys()].slice(0, 3).join(', '),
      hint: 'Check that run and judgements are of the same collection and name its queries alike.',
    });
  }
  const withTexts = candidatesOf(candidates, dataset, { depth });
  const ids = new Map([...candidates].map(([queryId, items]) => [queryId, items.map(({ id }) => id)]));
  const labels = sumScores(
    // A recorded run's scores often mean nothing but its order.
    Object.values(teachers).map((teacher) => ({
      z: teacherScores({ run: teacher, ranksOnly: true }, ids),
      weight: 1,
    })),
    ids,
  );
  await using firstStage = await openFirstStage(dataset.passages, { encoder, ...job });
  const [trained] = await trainStudents({
    kinds: [kind],
    lists: withTexts.map(({ query, items }) => ({
      query,
      passages: items.map(({ passage }) => passage),
      labels: labels.get(query.id)!,
    })),
    labels: 'scores',
    firstStage,
    firstStageOrder: true,
    seed,
    // On cross-validated scores: no query's probabilities come from a student that learned from it.
    relevance: qrels && relevanceOf(qrels),
    relevanceSource: 'judged queries',
    about: { source: `the runs ${Object.keys(teachers).join(', ')}`, command },
    ...job,
  });
  const { student, lists: features, heldOut, trained: training } = trained!;
  const heldOutRun = toRun(ids, (id) => training.heldOutScores.get(id));
  const gate =
    qrels &&
    runGate({
      student: { name: kind, run: heldOutRun },
      baselines: untrainedOf(features, ids, student.card.features),
      qrels: only(qrels, ids),
      seed,
    });
  await saveStudent(
    out,
    gate
      ? withCard(student, { gate, figures: { [`${gate.measure}, cross-validated`]: gate.studentMean } })
      : student,
  );
  const { priorOnly } = training;
  return { folder: out, queries: candidates.size, heldOut, priorOnly, gate, heldOutRun };
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
