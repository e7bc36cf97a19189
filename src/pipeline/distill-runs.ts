import { rm } from 'node:fs/promises';
import type { JobOptions } from '../core/progress.js';
import type { Qrels, Run } from '../core/run.js';
import { judgedUnknown } from '../distill/curriculum/past-false-negatives.js';
import { type GateResult, runGate } from '../distill/gate.js';
import { defaultLosses, type Supervision } from '../distill/losses/loss-mix.js';
import { withCard } from '../distill/make-student.js';
import { clusterFolds } from '../distill/splits/cluster-folds.js';
import { partJudged } from '../distill/splits/part-judged.js';
import { checkTwins } from '../distill/splits/query-twins.js';
import type { Student } from '../distill/student.js';
import { saveStudent } from '../distill/student-folder.js';
import type { AnyStudentKind } from '../distill/student-kinds.js';
import { type TrainingSettings, trainingOfKinds } from '../distill/students/training-settings.js';
import type { TeacherWeights } from '../distill/teachers/weigh-teachers.js';
import type { Dataset } from '../formats/dataset.js';
import { overCandidates, toRun, untrainedOf } from './candidate-runs.js';
import { candidatesOf } from './candidates-of.js';
import { clickLabels } from './click-labels.js';
import { openFirstStage } from './first-stage.js';
import { checkJudged, judgedOf, relevanceOf, splitJudged } from './judged-queries.js';
import { queryVectors } from './query-vectors.js';
import { candidatesToLabel, describeRecorded, type Recorded } from './recorded.js';
import { teacherLabels } from './teacher-labels.js';
import { type TrainedStudent, type TrainStudentsOptions, trainStudents } from './train-students.js';
import { measureUnseen } from './unseen-subjects.js';

export interface DistillRunsOptions extends JobOptions {
  readonly dataset: Dataset;
  readonly learnFrom: Recorded;
  readonly kind: AnyStudentKind;
  /** Encoder alias, or `none` for a student without pretrained weights. */
  readonly encoder: string;
  readonly seed: number;
  /** What students are trained with; the loss `auto` is what `defaultLosses` gives the labels. @default as `lossOf` */
  readonly training?: TrainingSettings;
  /**
   * Judgements for the gate; queries count with scores of folds that did not train on them, and where grades are learned from they
   * must be others. Of 30 and more a third fits probabilities, and the gate leaves it out.
   */
  readonly qrels?: Qrels;
  /** The most that the student may be worse than a teacher. @default any */
  readonly teacherMargin?: number;
  /** Told what the labels are made from, before anything is trained on them. */
  readonly onLabels?: (facts: LabelFacts) => void;
  /** The student's folder. What reads texts leaves what a stopped training goes on from in `OUT.training`. */
  readonly out: string;
  readonly command?: string;
}

export interface LabelFacts extends Pick<DistilledRuns, 'weights' | 'propensities'> {
  /** Queries of the run that some teacher does not rank. */
  readonly leftOut: number;
  /** By teacher, the share of the candidates that it ranks. */
  readonly covered?: Readonly<Record<string, number>>;
}

export interface DistilledRuns {
  readonly folder: string;
  /** Queries that were learned from; of rankings those that the run and every teacher have, of grades those that the run has. */
  readonly queries: number;
  readonly heldOut: number;
  readonly priorOnly: boolean;
  /** Of several teachers. */
  readonly weights?: TeacherWeights;
  /** Of clicks: by position, against the first. */
  readonly propensities?: readonly number[];
  readonly gate?: GateResult;
  /** Scores of every query's candidates by a student that did not learn from it. */
  readonly heldOutRun: Run;
}

export interface DistillKindsOptions
  extends Omit<DistillRunsOptions, 'kind' | 'out'>,
    Pick<TrainStudentsOptions, 'timeLimit' | 'onUnfinished' | 'workFolder'> {
  readonly kinds: readonly AnyStudentKind[];
}

/** A student of recorded rankings, its gate in its card. */
export interface DistilledKind
  extends Pick<TrainedStudent, 'kind' | 'heldOut' | 'heldOutGains' | 'calibration'> {
  readonly student: Student;
  readonly priorOnly: boolean;
  readonly gate?: GateResult;
  readonly heldOutRun: Run;
  /** What its gate is to say of subjects that it was not trained on: it is trained again for that, five times. */
  readonly onUnseenSubjects: () => Promise<Pick<GateResult, 'extrapolation' | 'notes'> | undefined>;
}

export interface DistilledKinds extends Pick<DistilledRuns, 'queries' | 'weights' | 'propensities'> {
  readonly students: readonly DistilledKind[];
  /** What the gate compared with, by name, and on what. */
  readonly untrained: Readonly<Record<string, Run>>;
  readonly teachers: Readonly<Record<string, Run>>;
  readonly judged?: Qrels;
}

/**
 * Trains a student from recorded rankings, clicks or judgements and saves it. The gate, where there are judgements, compares its
 * cross-validated ranking with the first stage, BM25, cosine and the untrained fusion over the same candidates, with its
 * teachers, and with itself on subjects unseen in training.
 * @throws RankforgeError `unknown-id` for candidates that the dataset lacks, `too-little-data`, `duplicate-id` for two queries of
 * one text, which folds would train and test on, and for queries that grades are learned from and the gate has too
 */
export async function distillRuns({ kind, out, ...options }: DistillRunsOptions): Promise<DistilledRuns> {
  // Beside the student's folder, which holds nothing but a finished one.
  const workFolder = `${out}.training`;
  const made = await distillKinds({ ...options, kinds: [kind], workFolder });
  const { students, queries, weights, propensities } = made;
  const { student, heldOut, priorOnly, heldOutRun, onUnseenSubjects, ...one } = students[0]!;
  const gate = one.gate && { ...one.gate, ...(await onUnseenSubjects()) };
  await saveStudent(out, gate ? withCard(student, { gate }) : student);
  await rm(workFolder, { recursive: true, force: true });
  return { folder: out, queries, heldOut, priorOnly, weights, propensities, gate, heldOutRun };
}

/**
 * Trains one student a kind from the same recorded rankings, clicks or judgements, and puts each to its gate. Nothing is saved.
 * @throws RankforgeError as `distillRuns`
 */
export async function distillKinds(options: DistillKindsOptions): Promise<DistilledKinds> {
  const { dataset, learnFrom, kinds, encoder, seed, command, teacherMargin, signal, onProgress } = options;
  const job = { signal, onProgress };
  const { candidates, labels: grades, unjudged } = candidatesToLabel(learnFrom, options.qrels);
  const ofTeachers = 'teachers' in learnFrom ? learnFrom : undefined;
  const supervision = ofTeachers ? (ofTeachers.supervision ?? 'ranks') : 'grades';
  const training = withDefaultLoss(options.training, supervision);
  // Before a corpus is embedded.
  if (training?.falseNegatives && !unjudged) throw judgedUnknown('training.falseNegatives');
  kinds.forEach(trainingOfKinds(kinds, training ?? {}));
  if (options.qrels) checkJudged(options.qrels, candidates);
  const withTexts = candidatesOf(candidates, dataset, { depth: Number.POSITIVE_INFINITY });
  checkTwins(withTexts.map(({ query }) => query));
  const ids = new Map([...candidates].map(([queryId, items]) => [queryId, items.map(({ id }) => id)]));
  const teacherWeights = ofTeachers?.teacherWeights ?? 'equal';
  const judged = options.qrels && judgedOf(options.qrels, ids);
  // What weights were fitted on is neither calibrated nor gated on.
  const parts = judged && splitJudged(judged, teacherWeights, seed);
  const fittedOn = teacherWeights === 'judged' ? (parts?.weights ?? new Map()) : undefined;
  const taught =
    ofTeachers && supervision !== 'grades'
      ? teacherLabels(ofTeachers.teachers, { candidates: ids, supervision, qrels: fittedOn, seed })
      : undefined;
  if (ofTeachers && taught) {
    const { weights, covered } = taught;
    options.onLabels?.({ leftOut: ofTeachers.run.size - candidates.size, weights, covered });
  }
  let propensities: readonly number[] | undefined;
  await using firstStage = await openFirstStage(dataset.passages, { encoder, ...job });
  const known = taught?.labels ?? grades;
  const all = withTexts.map(({ query, items }) => ({
    query,
    passages: items.map(({ passage }) => passage),
    labels: known?.get(query.id) ?? items.map(() => 0),
    unjudged: unjudged?.get(query.id),
  }));
  const lists = all.filter(({ query }) => !grades || grades.has(query.id));
  // No query fits probabilities and decides at the gate.
  const drawn = partJudged(parts?.gate.keys() ?? [], seed);
  const forGate = parts && judgedOf(parts.gate, drawn.gate);
  const { timeLimit, onUnfinished } = options;
  const trained = await trainStudents({
    ...{ kinds, lists, timeLimit, onUnfinished },
    others: grades ? all.filter(({ query }) => !grades.has(query.id)) : [],
    labels: supervision === 'grades' ? 'grades' : 'scores',
    relabel:
      'sessions' in learnFrom
        ? async (lists) => {
            const result = await clickLabels(lists, ids, learnFrom.sessions, { ...learnFrom, seed, ...job });
            propensities = result.propensities;
            options.onLabels?.({ leftOut: 0, propensities });
            return result.lists;
          }
        : undefined,
    training,
    firstStage,
    firstStageOrder: true,
    weights: encoder === 'none' ? undefined : encoder,
    workFolder: options.workFolder,
    seed,
    // On cross-validated scores: no query's probabilities come from a student that learned from it.
    relevance:
      parts && drawn.calibration.size > 0 ? relevanceOf(judgedOf(parts.gate, drawn.calibration)) : undefined,
    relevanceSource: 'judged queries that the gate leaves out',
    about: { ...describeRecorded(learnFrom, taught?.weights), command },
    ...job,
  });
  const teachers = overCandidates(ofTeachers?.teachers ?? {}, ids);
  const untrained = trained[0] ? untrainedOf(trained[0].ranked, ids, trained[0].features) : {};
  const { clusters, folds } = await clusterFolds(await queryVectors(all, firstStage, job), {
    seed,
    signal,
  });
  const students = trained.map((one): DistilledKind => {
    const heldOutRun = toRun(ids, (id) => one.trained.heldOutScores.get(id));
    const gate =
      forGate &&
      runGate({
        ...{ student: { name: one.kind, run: heldOutRun }, baselines: untrained, qrels: forGate },
        ...{ seed, teachers, teacherMargin },
        notes: one.calibration ? [] : [drawn.calibration.size > 0 ? uselessCalibration : noCalibration],
      });
    const how = grades ? 'on queries it did not learn from' : 'cross-validated';
    const figures = gate && { [`${gate.measure}, ${how}`]: gate.studentMean };
    return {
      kind: one.kind,
      student: gate ? withCard(one.student, { gate, figures }) : one.student,
      heldOut: one.heldOut,
      heldOutGains: one.heldOutGains,
      calibration: one.calibration,
      priorOnly: one.trained.priorOnly,
      gate,
      heldOutRun,
      onUnseenSubjects: async () =>
        gate &&
        measureUnseen(one, {
          ...{ gate, qrels: forGate, student: heldOutRun, untrained, candidates: ids, seed },
          ...{ clusters, folds, ...job },
        }),
    };
  });
  const { weights } = taught ?? {};
  return {
    ...{ students, queries: lists.length, weights, propensities },
    ...{ untrained, teachers, judged: forGate },
  };
}

const noCalibration =
  'probabilities are not calibrated: the gate needs all of fewer than 30 judged queries, and none may fit and decide';

const uselessCalibration =
  'probabilities are not calibrated: the queries for it have no relevant, or no other, judged passages';

/** The loss `auto` by its name; one that is not given is the kind's own, see `lossOf`. */
export const withDefaultLoss = (
  training: TrainingSettings = {},
  supervision: Supervision,
): TrainingSettings =>
  training.loss === 'auto' ? { ...training, loss: defaultLosses[supervision] } : training;
