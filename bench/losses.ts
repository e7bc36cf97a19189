/**
 * What each loss is worth and costs: the linear student on DL19's recorded listwise runs, cross-validated by query at one ridge, and
 * the time of a loss with its gradient for a list of 100.
 *
 *     npx tsx bench/losses.ts [--losses 'kl;kl:1,mse:0.1;irpo'] [--seeds 7] [--ridge 0.1]
 *
 * Features need no encoder: BM25's, with the first stage's order. Losses that cannot train alone are mixed with KL. Needs the
 * shared data.
 */
import { makeFolds } from '../src/core/folds.js';
import { randomStream } from '../src/core/random.js';
import type { Run } from '../src/core/run.js';
import { orderByScore } from '../src/core/vectors.js';
import { createFeatureExtractor } from '../src/distill/features/extractor.js';
import { defaultLosses, parseLossMix } from '../src/distill/losses/loss-mix.js';
import { makeObjective } from '../src/distill/losses/objective.js';
import { lossFacts, lossNames } from '../src/distill/losses/registry.js';
import { fitLinear } from '../src/distill/students/linear.js';
import { priorWeights, scalePrior, untrainedPrior } from '../src/distill/students/prior.js';
import { scoreFeatures } from '../src/distill/students/scorer.js';
import { makeTargets, targetsOf } from '../src/distill/students/targets.js';
import { sumScores, teacherScores } from '../src/distill/teachers/measure-teachers.js';
import { buildTrainingLists, type TrainingList } from '../src/distill/training-list.js';
import { evaluateRun } from '../src/evaluate/evaluate-run.js';
import { loadDataset } from '../src/formats/dataset.js';
import { readRun } from '../src/formats/trec-run.js';
import { createAnalyser } from '../src/retrieval/analyser.js';
import { termStatistics } from '../src/retrieval/bm25.js';
import { sharedData } from '../test/shared-data.js';

const argument = (name: string): string | undefined => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? undefined : process.argv[at + 1];
};
const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};
const dl19 = (name: string): Promise<Run> => readRun(sharedData('dl19', 'runs', `${name}.trec`));

const dataset = await loadDataset(sharedData('dl19'), { unknownIds: 'count' });
const candidates = new Map(
  [...(await dl19('first-stage/bm25'))].map(([id, items]) => [id, items.map((item) => item.id)]),
);
const teachers = await Promise.all(
  ['rankvicuna-7b', 'gpt-3.5-turbo', 'rankmistral100'].map((name) => dl19(`llm/${name}`)),
);
const labels = sumScores(
  teachers.map((run) => ({ z: teacherScores({ run, ranksOnly: true }, candidates), weight: 1 })),
  candidates,
);
const extractor = createFeatureExtractor({
  statistics: termStatistics([...dataset.passages.values()], createAnalyser('english')),
  dense: false,
  firstStage: true,
});
const items = [...candidates].map(([id, ids]) => ({
  query: dataset.queries.get(id)!,
  passages: ids.map((one) => dataset.passages.get(one)!),
  labels: labels.get(id)!,
}));
const lists = await buildTrainingLists(items, extractor);

function ndcg(scoresOf: (list: number) => Float64Array): number {
  const run: Run = new Map(
    items.map(({ query, passages }, list) => {
      const scores = scoresOf(list);
      return [query.id, orderByScore(scores).map((i) => ({ id: passages[i]!.id, score: scores[i]! }))];
    }),
  );
  return evaluateRun(dataset.qrels, run, ['nDCG@10']).means['nDCG@10']!;
}

const weights = priorWeights(untrainedPrior({ dense: false, firstStage: true }), extractor.set.names);
const ridge = Number(argument('ridge') ?? 0.1);

/** One fixed setting, so that losses differ by what they teach and not by what a choice among settings made of it. */
async function crossValidate(loss: string, seed: number) {
  const scores: Float64Array[] = [];
  const begun = process.cpuUsage();
  for (const fold of makeFolds(lists.length, 5, randomStream(seed, 'folds'))) {
    const kept = lists.filter((_, i) => !fold.has(i));
    const targets = makeTargets(kept, 'scores');
    const parameters = await fitLinear(kept, targets, { ridge, loss }, scalePrior(weights, kept, targets), {
      seed,
    });
    for (const i of fold) scores[i] = scoreFeatures(parameters, lists[i]!.features);
  }
  const { user, system } = process.cpuUsage(begun);
  return { ndcg: ndcg((i) => scores[i]!), cpuSeconds: (user + system) / 1e6 };
}

/** Milliseconds of the loss and its gradient for one list, the median of many. */
function timeOf(loss: string, { features, ...list }: TrainingList): number {
  const objective = makeObjective(parseLossMix(loss));
  const targets = targetsOf(makeTargets([{ features, ...list }], 'scores'), 0);
  const random = randomStream(1, 'time');
  const times = Array.from({ length: 30 }, () => {
    const scores = Float64Array.from(list.labels, () => random.normal());
    const begun = performance.now();
    objective([{ scores, targets, random }]);
    return performance.now() - begun;
  }).sort((a, b) => a - b);
  return times[15]!;
}

say(`untrained ${ndcg((i) => scoreFeatures({ kind: 'linear', weights }, lists[i]!.features)).toFixed(4)}`);
const alone = (name: (typeof lossNames)[number]): string =>
  lossFacts[name].notAlone ? `kl,${name}:${name === 'z-loss' ? 0.001 : 1}` : name;
const wanted = argument('losses')?.split(';') ?? [...lossNames.map(alone), defaultLosses.scores];
const long = lists.find(({ features }) => features.rows === 100) ?? lists[0]!;
const rows: object[] = [];
for (const loss of wanted) {
  const milliseconds = timeOf(loss, long);
  for (const seed of (argument('seeds') ?? '7').split(',')) {
    const row = { loss, seed: Number(seed), ...(await crossValidate(loss, Number(seed))), milliseconds };
    say(
      `${loss} seed ${seed}: nDCG@10 ${row.ndcg.toFixed(4)}, ${row.cpuSeconds.toFixed(1)} s CPU, ` +
        `${milliseconds.toFixed(3)} ms a list`,
    );
    rows.push(row);
  }
}
process.stdout.write(`${JSON.stringify(rows)}\n`);
