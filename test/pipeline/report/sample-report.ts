import { randomStream } from '../../../src/core/random.js';
import { makeFrontier } from '../../../src/distill/auto/frontier.js';
import { bootstrapInterval } from '../../../src/evaluate/bootstrap-interval.js';
import type { RunComparison } from '../../../src/evaluate/compare-runs.js';
import { pairedRandomisationTest } from '../../../src/evaluate/paired-randomisation-test.js';
import type { RankingRow, ReportData } from '../../../src/pipeline/report/report-data.js';

const measures = ['nDCG@10', 'RR@10', 'R@20', 'AP'];
const queries = 60;

const valuesOf = (name: string, measure: string, centre: number): number[] => {
  const random = randomStream(1, name, measure);
  return Array.from({ length: queries }, () => Math.min(1, Math.max(0, centre + 0.25 * random.normal())));
};

const row = (name: string, kind: RankingRow['kind'], centre: number): RankingRow => ({
  name,
  kind,
  measures: Object.fromEntries(
    measures.map((measure) => [
      measure,
      bootstrapInterval(valuesOf(name, measure, centre), { seed: 1, samples: 500 }),
    ]),
  ),
});

const compare = (a: [string, number], b: [string, number]): RunComparison => {
  const [first, second] = [valuesOf(a[0], 'nDCG@10', a[1]), valuesOf(b[0], 'nDCG@10', b[1])];
  const differences = first.map((value, index) => value - second[index]!);
  const options = { seed: 1, samples: 500 };
  return {
    measure: 'nDCG@10',
    queries,
    a: bootstrapInterval(first, options),
    b: bootstrapInterval(second, options),
    difference: bootstrapInterval(differences, options),
    test: pairedRandomisationTest(first, second, options),
    wins: 41,
    ties: 7,
    losses: 12,
  };
};

const lengths = (quarter: number, median: number, threeQuarters: number) => ({
  mean: median,
  low: 1,
  quarter,
  median,
  threeQuarters,
  high: 14,
  different: 150,
  counts: [{ words: median, searches: 600 }],
});

const spread = { least: 0.1, quarter: 0.3, median: 0.5, threeQuarters: 0.8, greatest: 1.2 };

const usage = { calls: 120, cachedCalls: 20, promptTokens: 61_000, outputTokens: 9_400, usd: 0 };
const versusFusion = compare(['mlp', 0.72], ['fusion', 0.6]);

/** A report with every section, as a run of the main job fills it. */
export const sampleReport: ReportData = {
  title: 'handbook',
  finishedAt: '2026-03-04T05:06:07Z',
  dataset: {
    name: 'handbook',
    passages: 212,
    trainingQueries: 32,
    trainingPassages: 410,
  },
  funnel: [
    {
      stage: 'passages sampled',
      in: 212,
      out: 64,
      rejected: { 'fewer than 25 words': 38, 'not drawn': 110 },
    },
    { stage: 'queries written', in: 64, out: 58, rejected: { 'unparsed reply': 4, 'copies the passage': 2 } },
    {
      stage: 'judged relevant',
      in: 58,
      out: 47,
      rejected: { 'judge says no': 11 },
      noted: { relabelled: 3 },
    },
    { stage: 'found again', in: 47, out: 39, rejected: { 'source not in the first 20': 8 } },
    { stage: 'near-duplicates', in: 39, out: 32, rejected: { 'like an earlier query': 7 } },
  ],
  set: {
    queries: 32,
    passages: 410,
    types: { question: 13, keyword: 9, 'how-to': 6, claim: 4 },
    words: { low: 5, median: 8, high: 11 },
    wordsByType: {
      question: { low: 7, median: 9, high: 12 },
      keyword: { low: 3, median: 4, high: 5 },
      'how-to': { low: 7, median: 8, high: 10 },
      claim: { low: 9, median: 10, high: 13 },
    },
    distinct: { one: 0.61, two: 0.93 },
    spread: 0.734,
    grades: [
      {
        grade: 3,
        passages: 44,
        sources: { corpus: 32, mined: 9, written: 3 },
        words: { low: 61, median: 96, high: 124 },
        overlap: { low: 0.43, median: 0.6, high: 0.75 },
      },
      {
        grade: 2,
        passages: 17,
        sources: { corpus: 0, mined: 13, written: 4 },
        words: { low: 55, median: 88, high: 121 },
        overlap: { low: 0.25, median: 0.4, high: 0.6 },
      },
      {
        grade: 0,
        passages: 349,
        sources: { corpus: 64, mined: 281, written: 4 },
        words: { low: 58, median: 93, high: 127 },
        overlap: { low: 0, median: 0.2, high: 0.33 },
      },
    ],
    lengthBias: {
      written: {
        queries: 4,
        pairs: 24,
        auc: 0.54,
        correlation: 0.08,
        p: 0.713,
        words: { 0: 47, 2: 52, 3: 55 },
        separates: false,
      },
      all: {
        queries: 32,
        pairs: 2100,
        auc: 0.516,
        correlation: 0.032,
        p: 0.402,
        words: { 0: 92, 2: 90, 3: 97 },
        separates: false,
      },
    },
  },
  log: {
    searches: 1200,
    different: 310,
    types: { keyword: 0.75, question: 0.25 },
    length: lengths(2, 3, 6),
    lengths: { keyword: lengths(2, 3, 4), question: lengths(6, 8, 10) },
  },
  difficulty: {
    rows: [
      {
        ...{ asked: 'easy', queries: 16, meanOverlap: 0.71, meanReciprocalRank: 0.84 },
        ...{ medianRank: 1, first: 0.75, notFound: 0 },
      },
      {
        ...{ asked: 'hard', queries: 16, meanOverlap: 0.22, meanReciprocalRank: 0.31 },
        ...{ medianRank: Number.MAX_SAFE_INTEGER, first: 0.25, notFound: 0.5625 },
      },
    ],
    overlapTau: -0.62,
    rankTau: 0.48,
  },
  selection: {
    selected: {
      ...{ count: 32, coverageRadius: 1.21, meanDistanceToSelected: 0.52, meanPairDistance: 1.31 },
      ...{ types: {}, difficulty: { ...spread, mean: 0.64 } },
    },
    random: {
      ...{ count: 32, coverageRadius: 1.32, meanDistanceToSelected: 0.55, meanPairDistance: 1.25 },
      ...{ types: {}, difficulty: { ...spread, mean: 0.51 } },
    },
    randomDeviation: {
      ...{ coverageRadius: 0.03, meanDistanceToSelected: 0.01, meanPairDistance: 0.02 },
      meanDifficulty: 0.04,
    },
    seeds: 10,
  },
  agreement: [
    {
      between: 'judge and people',
      pairs: 100,
      queries: 24,
      same: 0.61,
      kappa: { value: 0.72, low: 0.6, high: 0.81 },
      alpha: { value: 0.7, low: 0.57, high: 0.8 },
    },
    {
      between: 'judge and writer',
      pairs: 16,
      queries: 4,
      same: 0.6875,
      kappa: { value: 0.78, low: 0.41, high: 0.95 },
      alpha: { value: undefined, low: undefined, high: undefined },
    },
  ],
  samples: [
    {
      query: 'how do I stop a run without losing the answers I paid for?',
      label: 'how-to, train',
      passages: [
        {
          id: 'ledger-3',
          title: 'The ledger',
          text: 'Every answer is on disk before it is used, so a run that is stopped with Ctrl-C, or killed, loses nothing that was answered. Run the same command again and it goes on from there.',
          grade: 3,
          kind: 'positive',
          origin: 'corpus',
          teacherRank: 1,
        },
        {
          id: 'budget-1',
          text: 'A budget stops a run cleanly. '.repeat(40),
          grade: 1,
          kind: 'hard-negative',
          origin: 'mined:bm25',
          teacherRank: 2,
        },
        { id: 'fusion-2', text: 'Fusion adds z-scores.', grade: 0, kind: 'random', origin: 'corpus' },
      ],
    },
    {
      query: 'ndcg exponential gain',
      label: 'keyword, validation',
      passages: [
        {
          id: 'measures-4',
          text: 'nDCG-exp has the gain 2^grade − 1.',
          grade: 3,
          kind: 'positive',
          origin: 'corpus',
        },
      ],
    },
  ],
  teachers: {
    knownItemMeasure: 'RR@20',
    knownItems: 39,
    judgedMeasure: 'nDCG@10 of 24 judged queries',
    rows: [
      { name: 'BM25', kind: 'untrained', knownItem: 0.61, judged: 0.55, weight: 0.4 },
      { name: 'dense', kind: 'untrained', knownItem: 0.66, judged: 0.58, weight: 0.9 },
      { name: 'fusion', kind: 'fusion', knownItem: 0.71, judged: 0.6 },
      { name: 'likelihood-135m', kind: 'teacher', knownItem: 0.68, judged: 0.57, weight: 0.5 },
      {
        name: 'first-1.5b',
        kind: 'teacher',
        knownItem: 0.41,
        judged: 0.5,
        weight: 0,
        note: 'adds nothing: worse than BM25',
      },
      { name: 'labels', kind: 'fusion', knownItem: 0.74, judged: 0.63 },
    ],
  },
  rankings: [
    row('BM25', 'baseline', 0.5),
    row('dense', 'baseline', 0.55),
    row('fusion', 'baseline', 0.6),
    row('teacher labels', 'teacher', 0.66),
    row('linear', 'student', 0.6),
    row('lambdamart', 'student', 0.64),
    row('mlp', 'student', 0.72),
  ],
  measuredOn: { queries, judgements: 'human' },
  comparisons: [
    { student: 'mlp', baseline: 'BM25', result: compare(['mlp', 0.72], ['BM25', 0.5]) },
    { student: 'mlp', baseline: 'dense', result: compare(['mlp', 0.72], ['dense', 0.55]) },
    { student: 'mlp', baseline: 'fusion', result: versusFusion },
  ],
  gate: {
    passed: true,
    student: 'mlp',
    baseline: 'fusion',
    measure: 'nDCG@10',
    studentMean: versusFusion.a.mean,
    baselineMeans: { fusion: versusFusion.b.mean },
    tooFew: false,
    difference: versusFusion.difference,
    p: versusFusion.test.p,
    alpha: 0.05,
    queries,
    reason: 'The difference is above zero and p is below 0.05.',
    teachers: [
      {
        name: 'yes-no',
        teacherMean: 0.75,
        studentMean: 0.72,
        difference: { mean: -0.03, low: -0.06, high: 0.001 },
        p: 0.06,
        queries: 24,
        kept: 0.8,
      },
    ],
    extrapolation: {
      clusters: 8,
      folds: 5,
      queries,
      mean: 0.69,
      difference: { mean: 0.09, low: 0.03, high: 0.15 },
      p: 0.004,
      change: { mean: -0.03, low: -0.05, high: -0.01 },
      changeP: 0.02,
    },
  },
  frontier: makeFrontier(
    [
      {
        name: 'linear',
        quality: { mean: 0.66, low: 0.6, high: 0.72 },
        heldOut: 0.61,
        milliseconds: 1.1,
        p95: 1.6,
      },
      {
        name: 'lambdamart',
        quality: { mean: 0.65, low: 0.59, high: 0.71 },
        heldOut: 0.6,
        milliseconds: 2.4,
        p95: 3,
      },
      {
        name: 'mlp',
        quality: { mean: 0.72, low: 0.66, high: 0.78 },
        heldOut: 0.64,
        milliseconds: 9.5,
        p95: 12,
        passed: true,
      },
    ],
    {
      measure: 'nDCG@10',
      unfinished: [{ name: 'cross-encoder', why: 'not finished within 600 s' }],
      untrained: { name: 'fusion', mean: 0.6 },
      teacher: { name: 'yes-no', mean: 0.75 },
      budgetMs: 20,
    },
  ),
  calibration: {
    of: 'mlp, 60 judged queries',
    error: 0.041,
    bins: [
      { predicted: 0.04, observed: 0.02, count: 310 },
      { predicted: 0.22, observed: 0.27, count: 64 },
      { predicted: 0.48, observed: 0.41, count: 40 },
      { predicted: 0.71, observed: 0.76, count: 31 },
      { predicted: 0.93, observed: 0.9, count: 22 },
    ],
  },
  costs: [
    {
      stage: 'index',
      usage: { ...usage, calls: 0, cachedCalls: 0, promptTokens: 0, outputTokens: 0 },
      seconds: 1.2,
    },
    { stage: 'generate', usage, seconds: 312, reused: true },
    { stage: 'teach', usage: { ...usage, calls: 900, usd: 0.31 }, seconds: 148.4 },
  ],
  warnings: [{ code: 'truncated', message: 'Passages cut to fit the context', count: 4 }],
  provenance: {
    packageVersion: '0.1.0',
    recipeHash: 'a'.repeat(64),
    seed: 7,
    machine: '2 cores, Linux x64, Node 20.19',
    models: [
      { name: 'writer', id: 'qwen2.5-coder-1.5b-instruct', sha256: 'c'.repeat(64), licence: 'Apache-2.0' },
      { name: 'encoder', id: 'all-minilm-l6-v2', licence: 'Apache-2.0' },
    ],
    prompts: [{ id: 'generate/query', version: 2, hash: 'd'.repeat(64) }],
  },
  notes: ['Likelihood was measured on queries that another model wrote.'],
};
