/**
 * What an `mlp`'s probabilities are worth with one head and with two: log loss and calibration error on queries that neither
 * training nor calibration saw.
 *
 *     npx tsx bench/two-heads.ts [--only nfcorpus|dl19-grades|dl19-order] [--seeds 7,8,9] [--queries 250]
 *
 * NFCorpus: BM25's top 50, trained and calibrated on graded training queries drawn by the seed, measured on the 323 test queries.
 * DL19: BM25's top 100, five folds of queries drawn by the seed, trained on the judges' grades or on the order of a listwise teacher;
 * probabilities are calibrated and measured on judged passages, grade 2 and up relevant. Features need no encoder. Needs the shared
 * data.
 */
import { makeFolds } from '../src/core/folds.js';
import type { Passage } from '../src/core/passage.js';
import type { Query } from '../src/core/query.js';
import { randomStream, shuffle } from '../src/core/random.js';
import type { Qrels, Run, ScoredId } from '../src/core/run.js';
import { mean, orderByScore } from '../src/core/vectors.js';
import { createFeatureExtractor } from '../src/distill/features/extractor.js';
import { scoreHeads } from '../src/distill/students/scorer.js';
import { teacherScores } from '../src/distill/teachers/measure-teachers.js';
import { trainStudent } from '../src/distill/train-student.js';
import { buildTrainingLists, type LabelKind, type TrainingList } from '../src/distill/training-list.js';
import { evaluateRun } from '../src/evaluate/evaluate-run.js';
import { loadDataset } from '../src/formats/dataset.js';
import { readRun } from '../src/formats/trec-run.js';
import { calibrate, type HeldOutList, probabilityOf } from '../src/rerank/calibration/calibrate.js';
import { expectedCalibrationError } from '../src/rerank/calibration/reliability.js';
import { createAnalyser } from '../src/retrieval/analyser.js';
import { Bm25Index } from '../src/retrieval/bm25-index.js';
import { sharedData } from '../test/shared-data.js';

const argument = (name: string, fallback: string): string => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : process.argv[at + 1]!;
};

/** One query's candidates; `relevant` is undefined where nobody judged. */
interface Item {
  readonly query: Query;
  readonly passages: readonly Passage[];
  readonly labels: readonly number[];
  readonly relevant: readonly (boolean | undefined)[];
}

interface Part {
  readonly items: readonly Item[];
  readonly lists: readonly TrainingList[];
}

interface Collection {
  readonly labels: LabelKind;
  readonly features: ReturnType<typeof createFeatureExtractor>['set'];
  readonly qrels: Qrels;
  /** Pairs to train on and to measure on, by seed. */
  readonly splits: (seed: number) => Promise<readonly (readonly [train: Part, test: Part])[]>;
}

/** The judged passages of a list, with what they scored. */
function judgedOf({ query, relevant }: Item, scores: Float64Array) {
  const known = [...relevant.keys()].filter((i) => relevant[i] !== undefined);
  return {
    queryId: query.id,
    scores: known.map((i) => scores[i]!),
    relevant: known.map((i) => relevant[i]!),
  };
}

async function nfcorpus(): Promise<Collection> {
  const load = (split: string) => loadDataset(sharedData('nfcorpus'), { split, unknownIds: 'count' });
  const [train, test] = [await load('train'), await load('test')];
  const index = await Bm25Index.build(train.passages.values(), {
    ...{ k1: 0.9, b: 0.4 },
    analyser: createAnalyser('english'),
  });
  const extractor = createFeatureExtractor({ statistics: index.statistics(), dense: false });
  const partOf = async ({ queries, passages, qrels }: typeof train, ids: readonly string[]) => {
    const items = ids.flatMap((id): Item[] => {
      const query = queries.get(id)!;
      const own = index.search(query.text, 50).map((one) => passages.get(one.id)!);
      const labels = own.map((one) => qrels.get(id)?.get(one.id) ?? 0);
      // A few queries share a word with next to nothing.
      return own.length < 10
        ? []
        : [{ query, passages: own, labels, relevant: labels.map((one) => one > 0) }];
    });
    return { items, lists: await buildTrainingLists(items, extractor) };
  };
  const unseen = await partOf(test, [...test.qrels.keys()]);
  const count = Number(argument('queries', '250'));
  return {
    ...{ labels: 'grades', features: extractor.set, qrels: test.qrels },
    splits: async (seed) => {
      const drawn = shuffle([...train.qrels.keys()], randomStream(seed, 'nf')).slice(0, count);
      return [[await partOf(train, drawn), unseen]];
    },
  };
}

async function dl19(labels: LabelKind): Promise<Collection> {
  const { queries, passages, qrels } = await loadDataset(sharedData('dl19'), { unknownIds: 'count' });
  const run = (name: string): Promise<Run> => readRun(sharedData('dl19', 'runs', `${name}.trec`));
  const candidates = new Map(
    [...(await run('first-stage/bm25'))].map(([id, found]) => [id, found.map((one) => one.id)]),
  );
  const teacher = teacherScores({ run: await run('llm/rankmistral100'), ranksOnly: true }, candidates);
  const index = await Bm25Index.build(passages.values(), { analyser: createAnalyser('english') });
  const extractor = createFeatureExtractor({
    ...{ statistics: index.statistics(), dense: false, firstStage: true },
  });
  const items = [...candidates].map(([id, ids]): Item => {
    const grades = ids.map((one) => qrels.get(id)?.get(one));
    return {
      query: queries.get(id)!,
      passages: ids.map((one) => passages.get(one)!),
      labels: labels === 'grades' ? grades.map((one) => one ?? 0) : [...teacher.get(id)!],
      relevant: grades.map((one) => (one === undefined ? undefined : one >= 2)),
    };
  });
  const lists = await buildTrainingLists(items, extractor);
  const pick = (isIn: (i: number) => boolean): Part => ({
    items: items.filter((_, i) => isIn(i)),
    lists: lists.filter((_, i) => isIn(i)),
  });
  return {
    ...{ labels, features: extractor.set, qrels },
    splits: async (seed) =>
      makeFolds(items.length, 5, randomStream(seed, 'folds')).map(
        (fold) => [pick((i) => !fold.has(i)), pick((i) => fold.has(i))] as const,
      ),
  };
}

async function measure({ labels, features, qrels, splits }: Collection, seed: number, twoHeads: boolean) {
  const run = new Map<string, readonly ScoredId[]>();
  const foretold: HeldOutList[] = [];
  const chosen: string[] = [];
  for (const [train, test] of await splits(seed)) {
    const training = twoHeads ? { twoHeads } : {};
    const trained = await trainStudent(train.lists, { kind: 'mlp', features, labels, seed, training });
    const { name, rounds } = trained.selection.find((one) => one.chosen)!;
    chosen.push(`${name}: ${rounds}`);
    const held = trained.heldOutLogits ?? trained.heldOutScores;
    const fittedOn = train.items.filter(({ query }) => held.has(query.id));
    const { calibrator } = calibrate(
      fittedOn.map((item) => judgedOf(item, held.get(item.query.id)!)),
      { seed },
    );
    for (const [i, item] of test.items.entries()) {
      const { ranking, probability = ranking } = scoreHeads(trained.parameters, test.lists[i]!.features);
      const order = orderByScore(ranking);
      run.set(
        item.query.id,
        order.map((at) => ({ id: item.passages[at]!.id, score: ranking[at]! })),
      );
      const { scores, ...rest } = judgedOf(item, probability);
      foretold.push({ ...rest, probabilities: scores.map((one) => probabilityOf(calibrator, one)) });
    }
  }
  const pairs = foretold.flatMap(({ probabilities, relevant }) =>
    probabilities.map((p, i) => [p, relevant[i]!] as const),
  );
  const lossOf = (p: number): number => -Math.log(Math.max(1e-4, p));
  const share = mean(pairs.map(([, relevant]) => Number(relevant)));
  return {
    ndcg: evaluateRun(qrels, run, ['nDCG@10']).means['nDCG@10']!,
    logLoss: mean(pairs.map(([p, relevant]) => lossOf(relevant ? p : 1 - p))),
    error: expectedCalibrationError(pairs),
    ofTheShareAlone: share * lossOf(share) + (1 - share) * lossOf(1 - share),
    chosen,
  };
}

const collections = {
  nfcorpus,
  'dl19-grades': () => dl19('grades'),
  'dl19-order': () => dl19('scores'),
};
const rows: object[] = [];
for (const [name, open] of Object.entries(collections)) {
  if (argument('only', name) !== name) continue;
  const collection = await open();
  for (const seed of argument('seeds', '7,8,9').split(',').map(Number)) {
    for (const twoHeads of [false, true]) {
      const row = await measure(collection, seed, twoHeads);
      const { ndcg, logLoss, error, ofTheShareAlone, chosen } = row;
      process.stderr.write(
        `${name} seed ${seed}, ${twoHeads ? 'two heads' : 'one head'}: nDCG@10 ${ndcg.toFixed(4)}, log loss ${logLoss.toFixed(4)} ` +
          `(${ofTheShareAlone.toFixed(4)} by the share of what is relevant), calibration error ${error.toFixed(4)}; ${chosen.join(' | ')}\n`,
      );
      rows.push({ name, seed, twoHeads, ...row });
    }
  }
}
process.stdout.write(`${JSON.stringify(rows)}\n`);
