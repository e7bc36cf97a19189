import type { JobOptions } from '../core/progress.js';
import type { Qrels, Run } from '../core/run.js';
import { createTurns } from '../core/turns.js';
import { orderByScore } from '../core/vectors.js';
import { judgedUnknown } from '../distill/curriculum/past-false-negatives.js';
import { type FeatureFile, readFeatureFile } from '../distill/feature-files/feature-lists.js';
import { featureFolds, featureSettings } from '../distill/feature-files/feature-settings.js';
import { type FeatureMatrix, featureVersion } from '../distill/features/feature-set.js';
import { type GateResult, runGate } from '../distill/gate.js';
import { makeStudent, withCard } from '../distill/make-student.js';
import { noUnseenSubjects } from '../distill/splits/cluster-folds.js';
import { noStatistics } from '../distill/student.js';
import { saveStudent } from '../distill/student-folder.js';
import type { StudentKind } from '../distill/students/scorer.js';
import type { StudentSettings } from '../distill/students/student-settings.js';
import { listGains, teaches } from '../distill/students/targets.js';
import { checkTraining, lossOf, type TrainingSettings } from '../distill/students/training-settings.js';
import { trainStudent } from '../distill/train-student.js';
import { gainsOf, type LabelKind, type TrainingList } from '../distill/training-list.js';
import type { ReadOptions } from '../formats/bad-line.js';

export interface DistillFeaturesOptions extends JobOptions {
  /** An SVMlight or LETOR file. */
  readonly path: string;
  /** What the card calls the file. @default path */
  readonly source?: string;
  readonly reading: ReadOptions;
  readonly kind: StudentKind;
  /** Grades 0 to 31, or a teacher's scores. */
  readonly labels: LabelKind;
  /** @default the loss kl */
  readonly training?: TrainingSettings;
  readonly seed: number;
  readonly out: string;
  readonly command?: string;
}

export interface DistilledFeatures {
  readonly folder: string;
  readonly queries: number;
  readonly rows: number;
  readonly features: number;
  /** Queries with the rows of an earlier one: they share its fold, and the gate counts the earlier one alone. */
  readonly twins: number;
  readonly heldOut: number;
  readonly priorOnly: boolean;
  /** Of grades; a teacher's scores judge nothing. */
  readonly gate?: GateResult;
}

/**
 * Trains a student on a feature file and saves it. Grades are judgements, so its cross-validated ranking is gated, against the best
 * single feature.
 * @throws RankforgeError as `readFeatureFile` and `trainStudent`
 */
export async function distillFeatures(options: DistillFeaturesOptions): Promise<DistilledFeatures> {
  const { path, kind, labels, training, seed, out, command, signal, onProgress } = options;
  if (training?.falseNegatives) throw judgedUnknown(path);
  const spill = { folder: out };
  using file = await readFeatureFile(path, { ...options.reading, labels, seed, spill });
  const { names, lists, rows } = file;
  const features = { version: featureVersion, dense: false, firstStage: false, given: true, names };
  const trained = await trainStudent(lists, {
    kind,
    features,
    labels,
    seed,
    prior: {},
    settings: settingsFor(kind, rows, training),
    folds: featureFolds(rows),
    groups: file.twinOf,
    training,
    spill,
    signal,
    onProgress,
  });
  const made = makeStudent(trained, lists, {
    name: kind,
    kind,
    features,
    statistics: noStatistics,
    labels,
    loss: lossOf(kind, labels, training),
    seed,
    source: `the feature file ${options.source ?? path}`,
    command,
  });
  const student = { ...made, trainedOn: file.prints };
  const gate =
    labels === 'grades'
      ? await gateOf(lists, trained.heldOutScores, { kind, seed, twinOf: file.twinOf, signal, onProgress })
      : undefined;
  await saveStudent(
    out,
    gate
      ? withCard(student, { gate, figures: { [`${gate.measure}, cross-validated`]: gate.studentMean } })
      : student,
  );
  const heldOut = trained.selection.find(({ chosen }) => chosen)!.heldOut;
  const { priorOnly } = trained;
  return {
    folder: out,
    queries: lists.length,
    rows,
    features: names.length,
    twins: file.twinOf.size,
    heldOut,
    priorOnly,
    gate,
  };
}

/** `trainStudent` has no eye for training beside settings that are given. */
function settingsFor(
  kind: StudentKind,
  rows: number,
  training: TrainingSettings = {},
): readonly StudentSettings[] | undefined {
  checkTraining(kind, training);
  return featureSettings(kind, rows);
}

// The gate's measure, nDCG@10, sees no more of a ranking.
const gatedRanks = 10;

const sayTwins = (twins: number): string =>
  `queries with the rows of another query: ${twins}; each shares that one's fold and is no query of its own for the gate`;

/** Only queries with labels that differ: of the others there are no held-out scores. Of twins the first, since the others are no new evidence. */
async function gateOf(
  all: readonly TrainingList[],
  scores: ReadonlyMap<string, Float64Array>,
  {
    kind,
    seed,
    twinOf,
    ...job
  }: JobOptions & Pick<FeatureFile, 'twinOf'> & { readonly kind: StudentKind; readonly seed: number },
): Promise<GateResult> {
  const lists = all.filter((list) => teaches(list) && !twinOf.has(list.queryId));
  const runOf = (score: (list: TrainingList) => Float64Array): Run =>
    new Map(
      lists.map((list) => {
        const own = score(list);
        const best = orderByScore(own).slice(0, gatedRanks);
        return [list.queryId, best.map((row) => ({ id: String(row), score: own[row]! }))];
      }),
    );
  // What is not judged is not relevant either, and a million zeros are left out.
  const qrels: Qrels = new Map(
    lists.map(({ queryId, labels }) => [
      queryId,
      new Map(
        [...labels.entries()].filter(([, label]) => label > 0).map(([row, label]) => [String(row), label]),
      ),
    ]),
  );
  const { name, column, sign } = await bestFeature(lists, job);
  return runGate({
    student: { name: kind, run: runOf(({ queryId }) => scores.get(queryId)!) },
    baselines: { [`feature ${name}`]: runOf(({ features }) => signedColumn(features, column, sign)) },
    qrels,
    seed,
    notes: [noUnseenSubjects.noTexts, ...(twinOf.size > 0 ? [sayTwins(twinOf.size)] : [])],
  });
}

/** The one feature, or its opposite, that ranks best: on the very queries, which flatters it and not the student. */
async function bestFeature(lists: readonly TrainingList[], { signal, onProgress }: JobOptions) {
  const turn = createTurns(signal);
  const { names } = lists[0]!.features;
  const choices = names.flatMap((_, column) => [1, -1].map((sign) => ({ column, sign })));
  const sums = new Float64Array(choices.length);
  for (const [done, { features, labels }] of lists.entries()) {
    await turn();
    const { data, rows } = features;
    const gains = [Float64Array.from(gainsOf(labels, 'grades'))];
    for (const [i, { column, sign }] of choices.entries())
      sums[i]! += listGains([signedColumn({ data, rows, names }, column, sign)], gains)[0] ?? 0;
    onProgress?.({ stage: 'single features', done: done + 1, total: lists.length, unit: 'items' });
  }
  const best =
    choices[sums.indexOf(sums.reduce((top, sum) => Math.max(top, sum), Number.NEGATIVE_INFINITY))]!;
  const name = names[best.column]!;
  return { ...best, name: best.sign > 0 ? name : `−${name}` };
}

const signedColumn = ({ rows, data, names }: FeatureMatrix, column: number, sign: number): Float64Array =>
  Float64Array.from({ length: rows }, (_, row) => sign * data[row * names.length + column]!);
