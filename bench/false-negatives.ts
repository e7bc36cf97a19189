/**
 * What sparse judgements cost a student, and what dropping or weighing false negatives gets back: of each training query all positives but
 * one are hidden, the one drawn with probability 1 / BM25 rank, as a judge who begins at the top would find it. The students are
 * measured on other queries, judged in full.
 *
 *     npx tsx bench/false-negatives.ts [--collections nfcorpus,cranfield] [--kinds linear,mlp] [--seeds 1,2,3]
 *         [--queries 120] [--encoder FOLDER]
 */
import { randomStream, shuffle } from '../src/core/random.js';
import type { Qrels, Run } from '../src/core/run.js';
import { mean, orderByScore } from '../src/core/vectors.js';
import { createFeatureExtractor } from '../src/distill/features/extractor.js';
import { priorWeights, untrainedPrior } from '../src/distill/students/prior.js';
import { type Parameters, type StudentKind, scoreFeatures } from '../src/distill/students/scorer.js';
import type { TrainingSettings } from '../src/distill/students/training-settings.js';
import { trainStudent } from '../src/distill/train-student.js';
import {
  buildTrainingLists,
  type LabelledCandidates,
  type TrainingList,
} from '../src/distill/training-list.js';
import { bootstrapInterval } from '../src/evaluate/bootstrap-interval.js';
import { evaluateRun } from '../src/evaluate/evaluate-run.js';
import { loadDataset } from '../src/formats/dataset.js';
import { openFirstStage } from '../src/pipeline/first-stage.js';
import { sharedData } from '../test/shared-data.js';

const argument = (name: string, otherwise: string): string[] => {
  const at = process.argv.indexOf(`--${name}`);
  return (at < 0 ? otherwise : process.argv[at + 1]!).split(',');
};
const say = (line: string): boolean => process.stderr.write(`${line}\n`);
const seeds = argument('seeds', '1,2,3').map(Number);
const [encoder] = argument('encoder', 'none');
const most = Number(argument('queries', '120')[0]);

/** Lists of one collection; those of a training split where it has one, else a half that each seed draws. */
async function open(name: string) {
  const dataset = await loadDataset(sharedData(name), { unknownIds: 'count' });
  const training =
    name === 'nfcorpus'
      ? await loadDataset(sharedData(name), { split: 'dev', unknownIds: 'count' })
      : undefined;
  await using stage = await openFirstStage(dataset.passages, { encoder: encoder! });
  const extractor = createFeatureExtractor({
    statistics: stage.bm25.statistics(),
    dense: stage.encoder !== undefined,
    firstStage: true,
  });
  const listsOf = async ({ queries, qrels }: typeof dataset) => {
    const asked = [...queries.values()];
    const vectors = stage.encoder ? await stage.encoder.embed(asked.map(({ text }) => text)) : [];
    const items: LabelledCandidates[] = [];
    for (const query of asked) {
      const found = await stage.retrievers.get('bm25')!.search(query, 100);
      if (found.length < 2) continue;
      items.push({
        query,
        passages: found.map(({ id }) => dataset.passages.get(id)!),
        labels: found.map(({ id }) => qrels.get(query.id)!.get(id) ?? 0),
      });
    }
    const lists = await buildTrainingLists(items, extractor, {
      vectorsOf:
        stage.dense &&
        (({ query, passages }) => ({
          query: vectors[asked.findIndex(({ id }) => id === query.id)]!,
          passages: passages.map(({ id }) => stage.dense!.vector(id)),
        })),
    });
    return lists.map((list, i) => ({ ...list, ids: items[i]!.passages.map(({ id }) => id) }));
  };
  const own = await listsOf(dataset);
  const given = training && (await listsOf(training));
  return {
    features: extractor.set,
    qrels: dataset.qrels,
    part: (seed: number) => {
      if (given) return { train: shuffle([...given], randomStream(seed, 'given')).slice(0, most), test: own };
      const drawn = shuffle([...own], randomStream(seed, 'halves'));
      return { train: drawn.slice(0, drawn.length / 2), test: drawn.slice(drawn.length / 2) };
    },
  };
}

/** One positive a list, the higher in the first stage the likelier. */
function hide(list: TrainingList, seed: number): TrainingList {
  const random = randomStream(seed, 'hide', list.queryId);
  const positives = [...list.labels.keys()].filter((row) => list.labels[row]! > 0);
  // The least of exponential times at rates 1 / rank: each is the first with probability in proportion to its rate.
  const times = positives.map((row) => -Math.log(1 - random.next()) * (row + 1));
  const kept = positives[times.indexOf(Math.min(...times))];
  return {
    ...list,
    labels: list.labels.map((label, row) => (row === kept ? label : 0)),
    unjudged: [...list.labels.keys()].map((row) => row !== kept),
  };
}

const arms: Readonly<
  Record<string, { readonly training: TrainingSettings; readonly full?: true; readonly against?: string }>
> = {
  kl: { training: {} },
  'kl, drop': { training: { falseNegatives: 'drop' }, against: 'kl' },
  'info-nce': { training: { loss: 'info-nce' } },
  'info-nce, drop': { training: { loss: 'info-nce', falseNegatives: 'drop' }, against: 'info-nce' },
  'info-nce, weigh': { training: { loss: 'info-nce', falseNegatives: 'weigh' }, against: 'info-nce' },
  'info-nce, all judgements': { training: { loss: 'info-nce' }, full: true, against: 'info-nce' },
};

for (const name of argument('collections', 'nfcorpus,cranfield')) {
  const { features, qrels, part } = await open(name);
  for (const kind of argument('kinds', 'linear,mlp') as StudentKind[]) {
    const perQuery = new Map<string, Map<string, number[]>>();
    const chosen = new Map<string, string[]>();
    const measure = (
      arm: string,
      test: readonly (TrainingList & { ids: string[] })[],
      parameters: Parameters,
    ): void => {
      const run: Run = new Map(
        test.map(({ queryId, features: own, ids }) => {
          const scores = scoreFeatures(parameters, own);
          return [queryId, orderByScore(scores).map((i) => ({ id: ids[i]!, score: scores[i]! }))];
        }),
      );
      const judged: Qrels = new Map([...qrels].filter(([id]) => run.has(id)));
      const values = perQuery.get(arm) ?? perQuery.set(arm, new Map()).get(arm)!;
      for (const [id, row] of evaluateRun(judged, run, ['nDCG@10']).perQuery)
        values.set(id, [...(values.get(id) ?? []), row['nDCG@10']!]);
    };
    for (const seed of seeds) {
      const { train, test } = part(seed);
      const sparse = train.map((list) => hide(list, seed));
      measure('untrained', test, {
        kind: 'linear',
        weights: priorWeights(untrainedPrior(features), features.names),
      });
      for (const [arm, { training, full }] of Object.entries(arms)) {
        const trained = await trainStudent(full ? train : sparse, {
          kind,
          features,
          labels: 'grades',
          seed,
          training,
          folds: 3,
        });
        measure(arm, test, trained.parameters);
        say(`${name} ${kind} seed ${seed} ${arm}: trained`);
        const facts = trained.falseNegatives;
        const how = facts?.rates?.map((rate) => rate.toFixed(2)).join(' ') ?? facts?.dropped;
        chosen.set(arm, [
          ...(chosen.get(arm) ?? []),
          `${trained.selection.find((one) => one.chosen)!.name}${how === undefined ? '' : ` (${how})`}`,
        ]);
      }
    }
    const byQuery = (arm: string): Map<string, number> =>
      new Map([...perQuery.get(arm)!].map(([id, values]) => [id, mean(values)]));
    for (const arm of ['untrained', ...Object.keys(arms)]) {
      const own = byQuery(arm);
      const against = arms[arm]?.against;
      const other = against === undefined ? undefined : byQuery(against);
      const differences = other ? [...own].map(([id, value]) => value - other.get(id)!) : [];
      const {
        mean: difference,
        low,
        high,
      } = bootstrapInterval(differences.length > 0 ? differences : [0], { seed: 1 });
      say(
        `${name} ${kind} ${arm}: ${mean([...own.values()]).toFixed(4)}${other ? `, against ${against} ${difference.toFixed(4)} (${low.toFixed(4)} to ${high.toFixed(4)})` : ''}; ${(chosen.get(arm) ?? []).join(' | ')}`,
      );
    }
  }
}
