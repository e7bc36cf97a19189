import { RankforgeError } from '../core/errors.js';
import type { JobOptions } from '../core/progress.js';
import type { Qrels, Run } from '../core/run.js';
import { mean, orderByScore } from '../core/vectors.js';
import { type FeatureList, matrixMaker, readFeatureLists } from '../distill/feature-files/feature-lists.js';
import { featureFolds, featureSettings } from '../distill/feature-files/feature-settings.js';
import { featureVersion } from '../distill/features/feature-set.js';
import { type GateResult, runGate } from '../distill/gate.js';
import { makeStudent, withCard } from '../distill/make-student.js';
import { noStatistics, type Student } from '../distill/student.js';
import { saveStudent } from '../distill/student-folder.js';
import { type StudentKind, scoreFeatures } from '../distill/students/scorer.js';
import { listGains, teaches } from '../distill/students/targets.js';
import { trainStudent } from '../distill/train-student.js';
import { gainsOf, type LabelKind } from '../distill/training-list.js';
import { atomicWrite } from '../formats/atomic-write.js';
import type { ReadOptions } from '../formats/bad-line.js';
import { readSvmlight } from '../formats/svmlight.js';
import { toField, toFirstField } from '../formats/trec-field.js';
import { scoresInOrder } from '../formats/trec-order.js';

export interface DistillFeaturesOptions extends JobOptions {
  /** An SVMlight or LETOR file. */
  readonly path: string;
  readonly reading: ReadOptions;
  readonly kind: StudentKind;
  /** Grades 0 to 31, or a teacher's scores. */
  readonly labels: LabelKind;
  /** For `linear` and `mlp`. @default kl */
  readonly loss?: string;
  readonly seed: number;
  readonly out: string;
  readonly command?: string;
}

export interface DistilledFeatures {
  readonly folder: string;
  readonly queries: number;
  readonly rows: number;
  readonly features: number;
  readonly heldOut: number;
  readonly priorOnly: boolean;
  /** Of grades; a teacher's scores judge nothing. */
  readonly gate?: GateResult;
}

/**
 * Trains a student on a feature file and saves it. Grades are judgements, so its cross-validated ranking is gated, against the best
 * single feature.
 * @throws RankforgeError as `readFeatureLists` and `trainStudent`
 */
export async function distillFeatures(options: DistillFeaturesOptions): Promise<DistilledFeatures> {
  const { path, kind, labels, loss, seed, out, command, signal, onProgress } = options;
  const lists = await readFeatureLists(path, { ...options.reading, labels, seed });
  const rows = lists.reduce((sum, { features }) => sum + features.rows, 0);
  if (rows === 0) {
    throw new RankforgeError('too-little-data', `There is no row in ${path}`, {
      where: path,
      hint: 'Give a file in the format of SVMlight or LETOR.',
    });
  }
  const { names } = lists[0]!.features;
  const features = { version: featureVersion, dense: false, firstStage: false, given: true, names };
  const trained = trainStudent(lists, {
    kind,
    features,
    labels,
    seed,
    prior: {},
    settings: featureSettings(kind, rows),
    folds: featureFolds(rows),
    training: loss === undefined ? undefined : { loss },
    signal,
    onProgress,
  });
  const student = makeStudent(trained, lists, {
    name: kind,
    kind,
    features,
    statistics: noStatistics,
    labels,
    seed,
    source: `the feature file ${path}`,
    command,
  });
  const gate = labels === 'grades' ? gateOf(lists, trained.heldOutScores, kind, seed) : undefined;
  await saveStudent(
    out,
    gate
      ? withCard(student, { gate, figures: { [`${gate.measure}, cross-validated`]: gate.studentMean } })
      : student,
  );
  const heldOut = trained.selection.find(({ chosen }) => chosen)!.heldOut;
  const { priorOnly } = trained;
  return { folder: out, queries: lists.length, rows, features: names.length, heldOut, priorOnly, gate };
}

/** Only queries with labels that differ: of the others there are no held-out scores. */
function gateOf(
  all: readonly FeatureList[],
  scores: ReadonlyMap<string, Float64Array>,
  kind: StudentKind,
  seed: number,
): GateResult {
  const lists = all.filter(teaches);
  const runOf = (score: (list: FeatureList, row: number) => number): Run =>
    new Map(
      lists.map((list) => {
        const own = list.ids.map((_, row) => score(list, row));
        return [list.queryId, orderByScore(own).map((row) => ({ id: String(row), score: own[row]! }))];
      }),
    );
  const qrels: Qrels = new Map(
    lists.map(({ queryId, labels }) => [
      queryId,
      new Map(Array.from(labels, (label, row) => [String(row), label])),
    ]),
  );
  const { name, column, sign } = bestFeature(lists);
  const feature = runOf(({ features }, row) => sign * features.data[row * features.names.length + column]!);
  return runGate({
    student: { name: kind, run: runOf(({ queryId }, row) => scores.get(queryId)![row]!) },
    baselines: { [`feature ${name}`]: feature },
    qrels,
    seed,
  });
}

/** The one feature, or its opposite, that ranks best: on the very queries, which flatters it and not the student. */
function bestFeature(lists: readonly FeatureList[]) {
  const { names } = lists[0]!.features;
  const gains = lists.map(({ labels }) => Float64Array.from(gainsOf(labels, 'grades')));
  const tried = names.flatMap((name, column) =>
    [1, -1].map((sign) => {
      const scores = lists.map(({ features: { rows, data } }) =>
        Float64Array.from({ length: rows }, (_, row) => sign * data[row * names.length + column]!),
      );
      return { name: sign > 0 ? name : `−${name}`, column, sign, value: mean(listGains(scores, gains)) };
    }),
  );
  return tried.reduce((top, one) => (one.value > top.value ? one : top));
}

export interface ScoreFeatureFileOptions extends JobOptions {
  readonly path: string;
  readonly reading: ReadOptions;
  readonly student: Student;
  readonly out: string;
  /** `scores`: one a line, in the file's order. `run`: a TREC run. */
  readonly write: 'scores' | 'run';
}

export interface ScoredFeatureFile {
  readonly out: string;
  readonly queries: number;
  readonly rows: number;
  /** nDCG@10, gain 2^label − 1, mean over the queries with a label above 0; absent where none has. */
  readonly ndcg?: number;
  readonly judgedQueries: number;
  /** Values of features that the student was not trained on: they are passed over. */
  readonly unknownValues: number;
}

/**
 * Scores the rows of a feature file with a student that was trained on one. Memory holds one query, whatever the file's length.
 * @throws RankforgeError `usage` for a student that makes its features from texts; as `readSvmlight` and `atomicWrite`
 */
export async function scoreFeatureFile(options: ScoreFeatureFileOptions): Promise<ScoredFeatureFile> {
  const { path, reading, student, out, write, signal, onProgress } = options;
  const { names, given } = student.card.features;
  if (!given) {
    throw new RankforgeError('usage', `The student ${student.card.name} makes its features from texts`, {
      where: path,
      hint: 'Rerank a run of a dataset with it, or distil one from a feature file.',
    });
  }
  const toMatrix = matrixMaker(names);
  const values: number[] = [];
  const counts = { queries: 0, rows: 0, unknownValues: 0 };
  async function* lines(): AsyncGenerator<string> {
    for await (const query of readSvmlight(path, reading)) {
      signal?.throwIfAborted();
      const { matrix, unknown } = toMatrix(query);
      const scores = scoreFeatures(student.parameters, matrix);
      const gains = Float64Array.from(query.rows, ({ label }) => 2 ** Math.max(0, label) - 1);
      values.push(...listGains([scores], [gains]));
      counts.queries++;
      counts.rows += query.rows.length;
      counts.unknownValues += unknown;
      onProgress?.({ stage: 'score', done: counts.queries, unit: 'items' });
      yield write === 'scores' ? [...scores].map((score) => `${score}\n`).join('') : runLines(query, scores);
    }
  }
  await atomicWrite(out, lines());
  return {
    out,
    ...counts,
    ...(values.length > 0 ? { ndcg: mean(values) } : {}),
    judgedQueries: values.length,
  };
}

function runLines(
  { queryId, rows }: { readonly queryId: string; readonly rows: readonly { readonly id: string }[] },
  scores: Float64Array,
): string {
  const items = orderByScore(scores).map((row) => ({
    id: toField(rows[row]!.id, 'space'),
    score: scores[row]!,
  }));
  const written = scoresInOrder(items);
  return items
    .map(
      ({ id }, rank) => `${toFirstField(queryId)} Q0 ${id} ${rank + 1} ${written[rank]} rankforge-student\n`,
    )
    .join('');
}
