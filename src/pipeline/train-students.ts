import { setImmediate } from 'node:timers/promises';
import { RankforgeError } from '../core/errors.js';
import type { JobOptions } from '../core/progress.js';
import { createFeatureExtractor } from '../distill/features/extractor.js';
import { makeStudent, type StudentDetails, withCard } from '../distill/make-student.js';
import { createScorer, type Student, type StudentCard } from '../distill/student.js';
import type { StudentKind } from '../distill/students/scorer.js';
import { type Trained, trainStudent } from '../distill/train-student.js';
import {
  buildTrainingLists,
  type LabelKind,
  type LabelledCandidates,
  type TrainingList,
} from '../distill/training-list.js';
import { type Calibration, calibrate } from '../rerank/calibration/calibrate.js';
import { createAnalyser } from '../retrieval/analyser.js';
import type { FirstStage } from './first-stage.js';

export interface TrainStudentsOptions extends JobOptions {
  readonly kinds: readonly StudentKind[];
  /** Training queries with their candidates and labels. */
  readonly lists: readonly LabelledCandidates[];
  readonly labels: LabelKind;
  readonly firstStage: Pick<FirstStage, 'bm25' | 'encoder' | 'dense'>;
  readonly seed: number;
  /** By query id and passage id, whether it is relevant: what probabilities are calibrated on. Pairs without a verdict are left out. */
  readonly relevance?: ReadonlyMap<string, ReadonlyMap<string, boolean>>;
  /** Whose verdicts `relevance` are, for the card. @default 'the judge of the training set' */
  readonly relevanceSource?: string;
  /** Whether the order of the candidates is a feature too: for a first stage that knows more than the corpus here tells. @default false */
  readonly firstStageOrder?: boolean;
  /** Goes into the card. */
  readonly about?: Pick<StudentDetails, 'recipeHash' | 'command' | 'source' | 'teachers'>;
}

export interface TrainedStudent {
  /** As it was asked for; a student that is its prior is linear by its card. */
  readonly kind: StudentKind;
  readonly student: Student;
  readonly trained: Trained;
  /** What it was trained on. */
  readonly lists: readonly TrainingList[];
  /** nDCG@10 against the labels on held-out training queries, of the settings that were chosen. */
  readonly heldOut: number;
  readonly calibration?: Calibration;
}

/**
 * Trains one student a kind on the same lists, each with its settings chosen by cross-validation over queries.
 * @returns in the order of `kinds`
 * @throws RankforgeError `too-little-data`, `bad-file`, the signal's reason
 */
export async function trainStudents(options: TrainStudentsOptions): Promise<TrainedStudent[]> {
  const { kinds, lists, labels, firstStage, seed, about = {}, relevance, signal, onProgress } = options;
  const { bm25, encoder, dense } = firstStage;
  const job = { signal, onProgress };
  const statistics = bm25.statistics();
  const analyser = createAnalyser('english');
  const extractor = createFeatureExtractor({
    statistics,
    analyser,
    dense: encoder !== undefined,
    firstStage: options.firstStageOrder ?? false,
  });
  const queryVectors = encoder
    ? await encoder.embed(
        lists.map(({ query }) => query.text),
        job,
      )
    : [];
  const vectorByQuery = new Map(lists.map(({ query }, index) => [query.id, queryVectors[index]!]));
  const trainingLists = await buildTrainingLists(lists, extractor, {
    ...job,
    vectorsOf:
      dense &&
      (({ query, passages }) => ({
        query: vectorByQuery.get(query.id)!,
        passages: passages.map(({ id }) => dense.vector(id)),
      })),
  });
  const students: TrainedStudent[] = [];
  for (const kind of kinds) {
    // Training holds the thread: between two kinds Ctrl-C is heard.
    await setImmediate();
    signal?.throwIfAborted();
    const trained = trainStudent(trainingLists, { kind, features: extractor.set, labels, seed, ...job });
    const bare = makeStudent(trained, trainingLists, {
      name: kind,
      kind,
      features: extractor.set,
      statistics,
      labels,
      seed,
      analyser: analyser.id,
      encoder,
      ...about,
    });
    const calibration = relevance && calibrateOn(trained, lists, relevance, seed);
    const student = withCard(bare, {
      latency: measureLatency(bare, lists, vectorByQuery, dense),
      calibration: calibration && {
        ...calibration,
        source: options.relevanceSource ?? 'the judge of the training set',
      },
    });
    students.push({
      kind,
      student,
      trained,
      lists: trainingLists,
      heldOut: trained.selection.find(({ chosen }) => chosen)!.heldOut,
      calibration,
    });
  }
  return students;
}

/** Probabilities from scores of queries that the student was not trained on; undefined where there is too little to fit. */
function calibrateOn(
  { heldOutScores }: Trained,
  lists: readonly LabelledCandidates[],
  relevance: ReadonlyMap<string, ReadonlyMap<string, boolean>>,
  seed: number,
): Calibration | undefined {
  const judged = lists.flatMap(({ query, passages }) => {
    const scores = heldOutScores.get(query.id);
    const verdicts = relevance.get(query.id);
    if (!scores || !verdicts) return [];
    const known = passages.flatMap(({ id }, index) => {
      const relevant = verdicts.get(id);
      return relevant === undefined ? [] : [{ score: scores[index]!, relevant }];
    });
    return [
      {
        queryId: query.id,
        scores: known.map(({ score }) => score),
        relevant: known.map(({ relevant }) => relevant),
      },
    ];
  });
  try {
    return calibrate(judged, { seed });
  } catch (error) {
    if (error instanceof RankforgeError && error.code === 'too-little-data') return undefined;
    throw error;
  }
}

/** Median time of a list, features included. */
function measureLatency(
  student: Student,
  lists: readonly LabelledCandidates[],
  queryVectors: ReadonlyMap<string, Float32Array>,
  dense: FirstStage['dense'],
): NonNullable<StudentCard['latency']> {
  const score = createScorer(student);
  const times = lists.slice(0, 20).map(({ query, passages }) => {
    const vectors = dense && {
      query: queryVectors.get(query.id)!,
      passages: passages.map(({ id }) => dense.vector(id)),
    };
    const started = performance.now();
    score(query, passages, vectors);
    return performance.now() - started;
  });
  const sorted = times.sort((a, b) => a - b);
  return {
    milliseconds: sorted[Math.floor(sorted.length / 2)] ?? 0,
    passages: lists[0]?.passages.length ?? 0,
  };
}
