/**
 * How good and how fast the students are: boosted trees beside LightGBM on its own example, and all students learning
 * from recorded listwise runs on DL19, cross-validated by query.
 *
 *     pip install lightgbm numpy
 *     RANKFORGE_PYTHON=…/bin/python npx tsx bench/distill.ts [--encoder FOLDER] [--seeds 7,8] [--only trees|dl19]
 *         [--kinds linear,lambdamart,mlp] [--labels one-call,fused] [--features none,order,minilm,minilm-order]
 *
 * Without that Python LightGBM is skipped by name. `--encoder` is a folder with all-MiniLM-L6-v2, else its alias is
 * resolved. Both parts need the shared data. DL19's judgements are read by `judge` alone, after all is trained and chosen:
 * labels, and the folds inside the training queries that settings are chosen on, are the teachers' orders. `agreement`
 * is held-out nDCG@10 against the one-call teacher's order.
 */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { makeFolds } from '../src/core/folds.js';
import type { Passage } from '../src/core/passage.js';
import type { Query } from '../src/core/query.js';
import { randomStream } from '../src/core/random.js';
import type { Qrels, Run } from '../src/core/run.js';
import { mean, orderByScore } from '../src/core/vectors.js';
import { createFeatureExtractor, type ListVectors } from '../src/distill/features/extractor.js';
import type { FeatureSources } from '../src/distill/features/feature-set.js';
import { lambdaRankOf } from '../src/distill/losses/lambda-rank.js';
import { priorWeights, smoothedPrior, untrainedPrior } from '../src/distill/students/prior.js';
import { scoreFeatures, studentKinds } from '../src/distill/students/scorer.js';
import { listGains } from '../src/distill/students/targets.js';
import { sumScores, teacherScores } from '../src/distill/teachers/measure-teachers.js';
import { trainStudent } from '../src/distill/train-student.js';
import { buildTrainingLists, gainsOf } from '../src/distill/training-list.js';
import { boost, defaultBoost } from '../src/distill/trees/boost.js';
import { sumTrees } from '../src/distill/trees/tree.js';
import { bootstrapInterval } from '../src/evaluate/bootstrap-interval.js';
import { evaluateRun } from '../src/evaluate/evaluate-run.js';
import { loadDataset } from '../src/formats/dataset.js';
import { readRun } from '../src/formats/trec-run.js';
import { openEncoder } from '../src/models/encoder/encoder.js';
import { cacheFolder } from '../src/models/weights/cache.js';
import { resolveWeights } from '../src/models/weights/resolve.js';
import { createAnalyser } from '../src/retrieval/analyser.js';
import { termStatistics } from '../src/retrieval/bm25.js';
import { cacheEmbeddings } from '../src/retrieval/embedding-cache.js';
import { hasSharedData, sharedData } from '../test/shared-data.js';

const argument = (name: string): string | undefined => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? undefined : process.argv[at + 1];
};
const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};
const cutoffs = [1, 3, 5, 10] as const;
const seeds = [1, 2, 3, 4, 5];

interface TreeRun {
  readonly ndcg: Readonly<Record<string, number>>;
  readonly cpuSeconds: number;
}

function loadRows(name: string) {
  const lines = readFileSync(sharedData('lightgbm-lambdarank', name), 'utf8').trim().split('\n');
  const sizes = readFileSync(sharedData('lightgbm-lambdarank', `${name}.query`), 'utf8')
    .trim()
    .split('\n');
  const features = 301;
  const data = new Float64Array(lines.length * features);
  for (const [row, line] of lines.entries()) {
    for (const [, index, value] of line.matchAll(/(\d+):(\S+)/g)) {
      data[row * features + Number(index)] = Number(value);
    }
  }
  const starts = new Int32Array(sizes.length + 1);
  for (const [i, size] of sizes.entries()) starts[i + 1] = starts[i]! + Number(size);
  const lists = sizes.map((size, i) => ({
    rows: Number(size),
    data: data.subarray(starts[i]! * features, starts[i + 1]! * features),
  }));
  return {
    lists,
    data,
    features,
    starts,
    labels: Float64Array.from(lines, (line) => Number.parseFloat(line)),
  };
}

async function measureTrees(): Promise<TreeRun[]> {
  const [train, held] = [loadRows('rank.train'), loadRows('rank.test')];
  const list = (values: Float64Array, i: number, { starts }: typeof train) =>
    values.subarray(starts[i]!, starts[i + 1]!);
  const count = held.starts.length - 1;
  const gains = Array.from({ length: count }, (_, i) => list(held.labels, i, held).map((y) => 2 ** y - 1));
  const runs: TreeRun[] = [];
  // The first run is also the compiler's; a second of the same seed is what is timed.
  for (const seed of [seeds[0]!, ...seeds]) {
    const begun = process.cpuUsage();
    const losses = Array.from({ length: train.starts.length - 1 }, (_, i) =>
      lambdaRankOf(list(train.labels, i, train), { normalise: true, withValue: false }),
    );
    const trees = await boost(
      train,
      (s, i, into) => losses[i]!(s, into),
      { ...defaultBoost, minDataInLeaf: 50, minHessianInLeaf: 5, baggingFraction: 0.9 },
      { seed },
    );
    const { user, system } = process.cpuUsage(begun);
    const scores = Float64Array.from(held.labels, (_, row) =>
      sumTrees(trees, held.data, row * held.features),
    );
    const each = (k: number): number[] =>
      listGains(
        Array.from({ length: count }, (_, i) => list(scores, i, held)),
        gains,
        k,
      );
    // LightGBM counts a query without a relevant row as 1.
    const ndcg = Object.fromEntries(
      cutoffs.map((k) => [k, (each(k).reduce((sum, x) => sum + x, 0) + count - each(k).length) / count]),
    );
    runs.push({ ndcg, cpuSeconds: (user + system) / 1e6 });
  }
  return runs.slice(1);
}

async function measureLightGbm(): Promise<{ version: string; runs: TreeRun[] } | undefined> {
  const script = fileURLToPath(new URL('distill-lightgbm.py', import.meta.url));
  try {
    const { stdout } = await promisify(execFile)(process.env.RANKFORGE_PYTHON ?? 'python3', [
      script,
      sharedData('lightgbm-lambdarank'),
      seeds.join(','),
    ]);
    return JSON.parse(stdout) as { version: string; runs: TreeRun[] };
  } catch {
    say('LightGBM: skipped, no Python with lightgbm and numpy (RANKFORGE_PYTHON)');
    return undefined;
  }
}

const summarise = (runs: readonly TreeRun[]) => ({
  ...Object.fromEntries(cutoffs.map((k) => [`nDCG@${k}`, mean(runs.map(({ ndcg }) => ndcg[k]!))])),
  cpuSeconds: mean(runs.map(({ cpuSeconds }) => cpuSeconds)),
});

async function compareTrees() {
  const own = summarise(await measureTrees());
  const peer = await measureLightGbm();
  const lightgbm = peer && { version: peer.version, ...summarise(peer.runs) };
  const ratio = lightgbm ? own.cpuSeconds / lightgbm.cpuSeconds : undefined;
  const show = (name: string, row: Record<string, unknown>): void =>
    say(
      `${name}: ${Object.entries(row)
        .map(([key, x]) => `${key} ${typeof x === 'number' ? x.toFixed(4) : x}`)
        .join(', ')}`,
    );
  show('trees', own);
  if (lightgbm) show(`LightGBM, CPU time ratio ${ratio!.toFixed(2)}`, lightgbm);
  return { trees: own, ...(lightgbm ? { lightgbm, cpuRatio: ratio } : {}) };
}

/**
 * What the students learn from: the teacher that saw all candidates in one call, or the three teachers fused. Windows that slide
 * leave the first stage's order below their first ranks, so a student of the fusion learns that order.
 */
type LabelName = 'one-call' | 'fused';

interface Collection {
  readonly queries: readonly Query[];
  readonly passages: ReadonlyMap<string, readonly Passage[]>;
  readonly labels: Readonly<Record<LabelName, ReadonlyMap<string, readonly number[]>>>;
  readonly qrels: Qrels;
  readonly all: readonly Passage[];
}

async function loadDl19(): Promise<Collection> {
  const run = (name: string): Promise<Run> => readRun(sharedData('dl19', 'runs', `${name}.trec`));
  const dataset = await loadDataset(sharedData('dl19'), { unknownIds: 'count' });
  const bm25 = await run('first-stage/bm25');
  const candidates = new Map([...bm25].map(([id, items]) => [id, items.map((item) => item.id)]));
  const teachers = await Promise.all(
    ['rankvicuna-7b', 'gpt-3.5-turbo', 'rankmistral100'].map((name) => run(`llm/${name}`)),
  );
  const fuse = (runs: readonly Run[]) =>
    sumScores(
      runs.map((teacher) => ({ z: teacherScores({ run: teacher, ranksOnly: true }, candidates), weight: 1 })),
      candidates,
    );
  const labels = { 'one-call': fuse(teachers.slice(2)), fused: fuse(teachers) };
  for (const [i, name] of ['rankvicuna-7b', 'gpt-3.5-turbo', 'rankmistral100'].entries()) {
    const orders = [...fuse([teachers[i]!]).values()].map((scores) => orderByScore(scores));
    const decades = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((ten) =>
      Math.round(
        mean(orders.flatMap((order) => order.slice(10 * ten, 10 * ten + 10).map((place) => place + 1))),
      ),
    );
    say(`DL19 ${name}: mean first-stage rank of its ranks 1-10, 11-20, …: ${decades.join(' ')}`);
  }
  return {
    queries: [...candidates.keys()].map((id) => dataset.queries.get(id)!),
    passages: new Map([...candidates].map(([id, ids]) => [id, ids.map((one) => dataset.passages.get(one)!)])),
    labels,
    qrels: dataset.qrels,
    all: [...dataset.passages.values()],
  };
}

async function distilDl19() {
  const collection = await loadDl19();
  const { queries, passages, labels: byName, qrels } = collection;
  const statistics = termStatistics(collection.all, createAnalyser('english'));
  const judge = (scoresOf: (index: number) => ArrayLike<number>) => {
    const run: Run = new Map(
      queries.map(({ id }, index) => {
        const scores = scoresOf(index);
        return [id, orderByScore(scores).map((i) => ({ id: passages.get(id)![i]!.id, score: scores[i]! }))];
      }),
    );
    const values = [...evaluateRun(qrels, run, ['nDCG@10']).perQuery.values()].map((row) => row['nDCG@10']!);
    const { mean: ndcg, low, high } = bootstrapInterval(values, { seed: 1 });
    const agreement = mean(
      listGains(
        queries.map((_, i) => Float64Array.from(scoresOf(i))),
        queries.map(({ id }) =>
          Float64Array.from(gainsOf(Float64Array.from(byName['one-call'].get(id)!), 'scores')),
        ),
      ),
    );
    return { ndcg, low, high, agreement };
  };
  const vectors = await embedAll(collection);
  const rows: Record<string, unknown>[] = [];
  const note = (row: Record<string, unknown>): void => {
    rows.push(row);
    say(
      `DL19 ${Object.entries(row)
        .map(([key, x]) => `${key} ${typeof x === 'number' ? x.toFixed(4) : x}`)
        .join(', ')}`,
    );
  };
  for (const [name, labels] of Object.entries(byName))
    note({ ranking: `labels ${name}`, ...judge((i) => labels.get(queries[i]!.id)!) });
  const chosen = (name: string, all: readonly string[]): readonly string[] =>
    argument(name)?.split(',') ?? all;
  const sources: Record<string, FeatureSources> = {
    none: { dense: false },
    order: { dense: false, firstStage: true },
    minilm: { dense: true },
    'minilm-order': { dense: true, firstStage: true },
  };
  for (const source of chosen('features', Object.keys(sources)).map((name) => sources[name]!)) {
    const extractor = createFeatureExtractor({ statistics, ...source });
    const items = queries.map((query) => ({
      query,
      passages: passages.get(query.id)!,
      labels: byName['one-call'].get(query.id)!,
    }));
    const lists = await buildTrainingLists(items, extractor, source.dense ? { vectorsOf: vectors } : {});
    const features = `${source.dense ? 'MiniLM' : 'none pretrained'}${source.firstStage ? ' + first-stage order' : ''}`;
    const untrained = {
      fusion: untrainedPrior(source),
      ...(source.dense ? { smoothed: smoothedPrior } : {}),
    };
    for (const [name, prior] of Object.entries(untrained)) {
      const weights = priorWeights(prior, extractor.set.names);
      note({
        ranking: `untrained ${name}`,
        features,
        ...judge((i) => scoreFeatures({ kind: 'linear', weights }, lists[i]!.features)),
      });
    }
    for (const labels of chosen('labels', Object.keys(byName))) {
      const taught = lists.map((list) => ({
        ...list,
        labels: Float64Array.from(byName[labels as LabelName].get(list.queryId)!),
      }));
      for (const kind of studentKinds.filter((one) => chosen('kinds', studentKinds).includes(one))) {
        for (const seed of chosen('seeds', ['7']).map(Number)) {
          const scores: Float64Array[] = [];
          const selected: string[] = [];
          const begun = performance.now();
          let scoring = 0;
          for (const fold of makeFolds(lists.length, 5, randomStream(seed, 'folds'))) {
            const kept = taught.filter((_, i) => !fold.has(i));
            const trained = await trainStudent(kept, {
              kind,
              features: extractor.set,
              labels: 'scores',
              seed,
            });
            selected.push(trained.selection.find((one) => one.chosen)!.name);
            // Passages are read anew, so that the speed is that of real use, vectors given.
            const fresh = createFeatureExtractor({ statistics, ...source });
            const from = process.cpuUsage();
            for (const i of fold) {
              const { query, passages: own } = items[i]!;
              const matrix = fresh.extract(query, own, source.dense ? vectors(items[i]!) : undefined);
              scores[i] = scoreFeatures(trained.parameters, matrix);
            }
            const { user, system } = process.cpuUsage(from);
            scoring += (user + system) / 1000;
          }
          const pairs = lists.reduce((sum, { features: { rows: n } }) => sum + n, 0);
          note({
            ranking: kind,
            labels,
            features,
            seed,
            ...judge((i) => scores[i]!),
            chosen: selected.join(' | '),
            trainSeconds: (performance.now() - begun - scoring) / 1000,
            pairsPerSecond: Math.round(pairs / (scoring / 1000)),
          });
        }
      }
    }
  }
  return rows;
}

async function embedAll({ queries, passages }: Collection) {
  const folder = argument('encoder');
  const weights = folder ? { id: 'all-minilm-l6-v2', folder } : await resolveWeights('all-minilm-l6-v2');
  await using encoder = await openEncoder({ weights, threads: 1 });
  await using cached = await cacheEmbeddings(encoder, join(cacheFolder(), 'bench-embeddings'));
  const texts = new Set(queries.map(({ text }) => text));
  for (const list of passages.values()) for (const { text } of list) texts.add(text);
  const known = new Map<string, Float32Array>();
  const waiting = [...texts];
  for (let i = 0; i < waiting.length; i += 512) {
    const part = waiting.slice(i, i + 512);
    for (const [k, vector] of (await cached.embed(part)).entries()) known.set(part[k]!, vector);
  }
  return ({ query, passages: own }: { query: Query; passages: readonly Passage[] }): ListVectors => ({
    query: known.get(query.text)!,
    passages: own.map(({ text }) => known.get(text)!),
  });
}

const results: Record<string, unknown> = {};
const only = argument('only');
if (only === 'dl19') say('trees beside LightGBM: not asked for');
else if (hasSharedData('lightgbm-lambdarank')) results.lambdamart = await compareTrees();
else say('trees beside LightGBM: skipped, no shared data');
if (only === 'trees') say('students on DL19: not asked for');
else if (hasSharedData('dl19')) results.dl19 = await distilDl19();
else say('students on DL19: skipped, no shared data');
process.stdout.write(`${JSON.stringify(results)}\n`);
