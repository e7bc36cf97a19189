import { join } from 'node:path';
import { RankforgeError } from '../core/errors.js';
import { hashValue } from '../core/hash.js';
import type { JobOptions } from '../core/progress.js';
import { createDeadline } from '../distill/auto/deadline.js';
import { calibrationCard } from '../distill/calibration/calibration-card.js';
import { createFeatureExtractor, type ListVectors } from '../distill/features/extractor.js';
import type { FeatureSet } from '../distill/features/feature-set.js';
import { makeStudent, type StudentDetails, withCard } from '../distill/make-student.js';
import { measureLatencies } from '../distill/measure-latency.js';
import { openScorer } from '../distill/open-scorer.js';
import type { Student } from '../distill/student.js';
import type { AnyStudentKind } from '../distill/student-kinds.js';
import { listGains } from '../distill/students/targets.js';
import { lossOf, trainingOfKinds } from '../distill/students/training-settings.js';
import { isReaderKind } from '../distill/texts/text-reader.js';
import { type Trained, type TrainOptions, trainStudent } from '../distill/train-student.js';
import {
  buildTrainingLists,
  gainsOf,
  type LabelKind,
  type LabelledCandidates,
  type TrainingList,
} from '../distill/training-list.js';
import { type Calibration, calibrate } from '../rerank/calibration/calibrate.js';
import { createAnalyser } from '../retrieval/analyser.js';
import type { FirstStage } from './first-stage.js';
import { trainReader } from './train-reader.js';

export interface TrainStudentsOptions extends JobOptions {
  readonly kinds: readonly AnyStudentKind[];
  /** Training queries with their candidates and labels. */
  readonly lists: readonly LabelledCandidates[];
  readonly labels: LabelKind;
  /** Queries that are not learned from, for the finished student to rank; what labels they have say nothing. @default none */
  readonly others?: readonly LabelledCandidates[];
  readonly firstStage: Pick<FirstStage, 'bm25' | 'encoder' | 'dense'>;
  readonly seed: number;
  /** By query id and passage id, whether it is relevant: what probabilities are calibrated on. Pairs without a verdict are left out. */
  readonly relevance?: ReadonlyMap<string, ReadonlyMap<string, boolean>>;
  /** Whose verdicts `relevance` are, for the card. @default 'the judge of the training set' */
  readonly relevanceSource?: string;
  /** Whether the order of the candidates is a feature too: for a first stage that knows more than the corpus here tells. @default false */
  readonly firstStageOrder?: boolean;
  /** What students are trained with; a kind takes of it what it has. */
  readonly training?: TrainOptions['training'];
  /** Labels that take features to make, as those of clicks: the lists, labelled anew, in their order. */
  readonly relabel?: (lists: readonly TrainingList[]) => Promise<readonly TrainingList[]>;
  /** Stops after so many seconds: kinds that are finished by then are returned. @default none */
  readonly timeLimit?: number;
  /** Told of each kind that was not finished in time, or cannot learn from these lists; without it that is an error. */
  readonly onUnfinished?: (kind: AnyStudentKind, why: string) => void;
  /** Alias, URI or folder of the weights that a cross-encoder starts from. @default from scratch */
  readonly weights?: string;
  /** Where a stopped training of what reads texts leaves what it goes on from, in a folder a kind. @default nowhere */
  readonly workFolder?: string;
  /** Goes into the card. */
  readonly about?: Pick<StudentDetails, 'recipeHash' | 'command' | 'source' | 'teachers'>;
}

export interface TrainedStudent {
  /** As it was asked for; a student that is its prior is linear by its card. */
  readonly kind: AnyStudentKind;
  readonly student: Student;
  readonly trained: Trained;
  /** What the lists' features are; one that reads texts alone has none in its card. */
  readonly features: FeatureSet;
  /** What it was trained on, and how: the latter only of kinds that score features. */
  readonly lists: readonly TrainingList[];
  /** These and the others, all of which have scores by a student that did not learn from them. */
  readonly ranked: readonly Pick<TrainingList, 'queryId' | 'features'>[];
  readonly options?: TrainOptions;
  /** The same kind trained without some queries, its settings chosen anew: for what needs subjects unseen in training. */
  readonly without: (queryIds: ReadonlySet<string>) => Promise<Student>;
  /** nDCG@10 against the labels on held-out training queries, of the settings that were chosen. */
  readonly heldOut: number;
  /** The same by query, of those that have labels to gain by. */
  readonly heldOutGains: ReadonlyMap<string, number>;
  readonly calibration?: Calibration;
}

/**
 * Trains one student a kind on the same lists, each with its settings chosen by cross-validation over queries.
 * @returns in the order of `kinds`; with a time limit those that were finished
 * @throws RankforgeError `too-little-data`, `bad-file`, the signal's reason
 */
export async function trainStudents(options: TrainStudentsOptions): Promise<TrainedStudent[]> {
  const {
    kinds,
    lists,
    others = [],
    labels,
    firstStage,
    seed,
    about = {},
    relevance,
    onUnfinished,
  } = options;
  const { bm25, encoder, dense } = firstStage;
  const { signal, onProgress } = options;
  const trainingOf = trainingOfKinds(kinds, options.training ?? {});
  using job = createDeadline(options.timeLimit ?? Number.POSITIVE_INFINITY, options);
  const statistics = bm25.statistics();
  const analyser = createAnalyser('english');
  const extractor = createFeatureExtractor({
    statistics,
    analyser,
    dense: encoder !== undefined,
    firstStage: options.firstStageOrder ?? false,
  });
  const all = [...lists, ...others];
  const queryVectors = encoder
    ? await encoder.embed(
        all.map(({ query }) => query.text),
        { signal },
      )
    : [];
  const vectorByQuery = new Map(all.map(({ query }, index) => [query.id, queryVectors[index]!]));
  const vectorsOf =
    dense &&
    (({ query, passages }: LabelledCandidates) => ({
      query: vectorByQuery.get(query.id)!,
      passages: passages.map(({ id }) => dense.vector(id)),
    }));
  const built = await buildTrainingLists(all, extractor, { signal, onProgress, vectorsOf });
  const own = built.slice(0, lists.length);
  const trainingLists = (await options.relabel?.(own)) ?? own;
  const timed = lists.slice(0, 40).map((list) => ({ ...list, vectors: vectorsOf?.(list) }));
  const details = {
    ...{ statistics, analyser: analyser.id, encoder, ...about },
    ...{ features: extractor.set, labels, seed },
  };
  const train = async (
    kind: AnyStudentKind,
    own: readonly TrainingList[],
    more: JobOptions,
    part: string,
  ): Promise<Pick<TrainedStudent, 'options' | 'trained' | 'student'>> => {
    const training = trainingOf(kind);
    const settings = { kind, features: extractor.set, labels, seed, training };
    const about = { name: kind, ...details, loss: lossOf(kind, labels, training) };
    if (isReaderKind(kind)) {
      const { weights } = options;
      const workFolder = options.workFolder === undefined ? undefined : join(options.workFolder, kind, part);
      const made = {
        trainingLists: own,
        lists,
        encoder,
        weights,
        workFolder,
        details: about,
      };
      return trainReader({ ...settings, ...made, ...more, kind });
    }
    const ofFeatures = { ...settings, kind };
    const trained = await trainStudent(own, { ...ofFeatures, ...more });
    const student = makeStudent(trained, own, { kind, ...about });
    return { options: ofFeatures, trained, student };
  };
  const trainOne = async (kind: AnyStudentKind): Promise<TrainedStudent> => {
    const { options: settings, student, ...found } = await train(kind, trainingLists, job, 'all');
    const ofOthers = await scoreAll(student, others, vectorsOf, { signal: job.signal });
    const { heldOutScores, heldOutLogits } = found.trained;
    const trained = {
      ...found.trained,
      heldOutScores: new Map([...heldOutScores, ...ofOthers.scores]),
      heldOutLogits: heldOutLogits && new Map([...heldOutLogits, ...ofOthers.logits]),
    };
    const calibration = relevance && calibrateOn(trained, all, relevance, seed);
    const source = options.relevanceSource ?? 'the judge of the training set';
    return {
      kind,
      student: withCard(student, {
        calibration: calibration && calibrationCard(calibration, { seed, source }),
      }),
      trained,
      features: extractor.set,
      lists: trainingLists,
      ranked: built,
      options: settings,
      without: async (ids) => {
        const own = trainingLists.filter(({ queryId }) => !ids.has(queryId));
        const part = hashValue(own.map(({ queryId }) => queryId)).slice(0, 12);
        return (await train(kind, own, { signal: options.signal }, part)).student;
      },
      heldOut: trained.selection.find(({ chosen }) => chosen)!.heldOut,
      heldOutGains: gainsByQuery(trained, trainingLists, labels),
      calibration,
    };
  };
  const students: TrainedStudent[] = [];
  for (const kind of kinds) {
    try {
      job.signal.throwIfAborted();
      students.push(await trainOne(kind));
    } catch (error) {
      const why = job.expired()
        ? `not finished within ${options.timeLimit} s`
        : error instanceof RankforgeError && error.code !== 'aborted' && error.message;
      if (!onUnfinished || !why) throw error;
      onUnfinished(kind, why);
    }
  }
  const latencies = await measureLatencies(
    students.map(({ student }) => student),
    timed,
    { signal },
  );
  return students.map((one, i) => ({ ...one, student: withCard(one.student, { latency: latencies[i] }) }));
}

/** Scores of queries that a finished student did not learn from, by query id, and the logits of one with two heads. */
async function scoreAll(
  student: Student,
  lists: readonly LabelledCandidates[],
  vectorsOf: ((list: LabelledCandidates) => ListVectors) | undefined,
  { signal }: Pick<JobOptions, 'signal'>,
): Promise<Record<'scores' | 'logits', ReadonlyMap<string, Float64Array>>> {
  const scores = new Map<string, Float64Array>();
  const logits = new Map<string, Float64Array>();
  if (lists.length === 0) return { scores, logits };
  await using scorer = await openScorer(student);
  for (const list of lists) {
    const { query, passages } = list;
    const found = await scorer.score(query, passages, { signal, vectors: vectorsOf?.(list) });
    scores.set(query.id, Float64Array.from(found.scores));
    if (found.logits) logits.set(query.id, Float64Array.from(found.logits));
  }
  return { scores, logits };
}

/** nDCG@10 of the held-out scores, query by query. */
function gainsByQuery(
  { heldOutScores }: Trained,
  lists: readonly TrainingList[],
  kind: LabelKind,
): ReadonlyMap<string, number> {
  return new Map(
    lists.flatMap(({ queryId, labels }) => {
      const scores = heldOutScores.get(queryId);
      const gains = Float64Array.from(gainsOf(labels, kind));
      return scores ? listGains([scores], [gains]).map((value) => [queryId, value] as const) : [];
    }),
  );
}

/** Probabilities from scores, or a second head's logits, of queries that the student was not trained on; undefined where there is too little to fit. */
function calibrateOn(
  { heldOutScores, heldOutLogits = heldOutScores }: Trained,
  lists: readonly LabelledCandidates[],
  relevance: ReadonlyMap<string, ReadonlyMap<string, boolean>>,
  seed: number,
): Calibration | undefined {
  const judged = lists.flatMap(({ query, passages }) => {
    const scores = heldOutLogits.get(query.id);
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
