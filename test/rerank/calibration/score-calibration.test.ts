import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { randomStream } from '../../../src/core/random.js';
import type { Ranking } from '../../../src/core/ranking.js';
import type { ScoredId } from '../../../src/core/run.js';
import { noUsage } from '../../../src/core/usage.js';
import { orderByScore } from '../../../src/core/vectors.js';
import { fitIsotonic, isotonicAt } from '../../../src/rerank/calibration/isotonic.js';
import { judgedLists } from '../../../src/rerank/calibration/judged-lists.js';
import { fitPlatt } from '../../../src/rerank/calibration/platt.js';
import { expectedCalibrationError } from '../../../src/rerank/calibration/reliability.js';
import {
  calibratedComparator,
  fitCalibration,
  readCalibration,
  withProbabilities,
  writeCalibration,
} from '../../../src/rerank/calibration/score-calibration.js';
import { scoredRanks } from '../../../src/rerank/calibration/scored-depth.js';
import type { Comparator } from '../../../src/rerank/comparator.js';
import { keepRelevant } from '../../../src/rerank/cut-off/cut-off.js';
import { full } from '../../../src/rerank/programs/full.js';
import { pointwise } from '../../../src/rerank/programs/pointwise.js';
import { composeReranker } from '../../../src/rerank/reranker.js';

const golden = JSON.parse(
  readFileSync(new URL('../../fixtures/scikit-calibration.json', import.meta.url), 'utf8'),
) as {
  cases: {
    scores: number[];
    relevant: boolean[];
    platt: { slope: number; offset: number };
    at: number[];
    isotonic: number[];
  }[];
};

test.each(golden.cases)('Platt scaling and isotonic regression are those of scikit-learn', (one) => {
  const { slope, offset } = fitPlatt(one.scores, one.relevant);
  expect(slope).toBeCloseTo(one.platt.slope, 3);
  expect(offset).toBeCloseTo(one.platt.offset, 3);
  const points = fitIsotonic(one.scores, one.relevant);
  one.at.forEach((score, index) => {
    expect(isotonicAt(points, score)).toBeCloseTo(one.isotonic[index]!, 9);
  });
});

/** A query's passages with a score, relevant with the probability of a logistic of 2s − 1. */
function draw(queries: number, seed: number) {
  const run = new Map<string, ScoredId[]>();
  const qrels = new Map<string, Map<string, number>>();
  for (let q = 0; q < queries; q++) {
    const random = randomStream(seed, 'score-calibration', q);
    const list = Array.from({ length: 20 }, (_, index) => ({
      id: `${q}-${index}`,
      score: 2 * random.normal(),
    }));
    run.set(`q${q}`, list);
    qrels.set(
      `q${q}`,
      new Map(
        list.map(({ id, score }) => [id, random.next() < 1 / (1 + Math.exp(1 - 2 * score)) ? 2 : 0] as const),
      ),
    );
  }
  return { run, qrels };
}

/** Scores a passage by the number that its text is. */
const scorer = (over: Partial<Comparator> = {}): Comparator => ({
  name: 'scorer',
  absolute: true,
  provenance: { modelId: 'model-1', promptHash: 'abc' },
  async compare(_, passages) {
    const scores = passages.map(({ text }) => Number(text));
    return { order: orderByScore(scores), scores, usage: noUsage, warnings: [] };
  },
  cost: () => ({ calls: 0, promptTokens: 0, outputTokens: 0 }),
  async [Symbol.asyncDispose]() {},
  ...over,
});

const judged = draw(80, 1);
const calibration = fitCalibration(scorer(), judged.run, judged.qrels, { relevantFrom: 2 });

describe('a calibrated comparator', () => {
  test.each([
    ['full', full],
    ['pointwise', pointwise],
  ])('%s: probabilities of other queries are as often right as they say', async (_, program) => {
    const { run, qrels } = draw(80, 2);
    const reranker = composeReranker({ program, comparator: calibratedComparator(scorer(), calibration) });
    const pairs: [number, boolean][] = [];
    for (const [queryId, list] of run) {
      const { items } = await reranker.rerank({
        query: { id: queryId, text: '' },
        items: list.map(({ id, score }) => ({ passage: { id, text: String(score) } })),
      });
      // Probabilities never contradict the order.
      for (const [index, { probability }] of items.entries())
        if (index > 0) expect(probability!).toBeLessThanOrEqual(items[index - 1]!.probability!);
      for (const { id, probability } of items) pairs.push([probability!, qrels.get(queryId)!.get(id)! >= 2]);
    }
    const error = expectedCalibrationError(pairs);
    expect(error).toBeLessThan(0.05);
    // What was told of held-out queries is what came.
    expect(Math.abs(error - calibration.figures.error)).toBeLessThan(0.03);
  });

  test('without scores there are no probabilities', async () => {
    const orders = scorer({
      compare: async (_, passages) => ({ order: [...passages.keys()], usage: noUsage, warnings: [] }),
    });
    const { probabilities } = await calibratedComparator(orders, calibration).compare({ id: 'q', text: '' }, [
      { id: 'a', text: '1' },
    ]);
    expect(probabilities).toBeUndefined();
  });

  test.each([
    ['comparator', { name: 'other' }],
    ['modelId', { provenance: { modelId: 'model-2', promptHash: 'abc' } }],
    ['promptHash', { provenance: { modelId: 'model-1', promptHash: 'abd' } }],
  ])('another %s than the one it was fitted on is refused', (where, over) => {
    expect(() => calibratedComparator(scorer(over), calibration)).toThrow(
      expect.objectContaining({ code: 'usage', where }),
    );
  });
});

test('a ranking gets probabilities by its scores', () => {
  const ranking = {
    queryId: 'q',
    items: [
      { id: 'a', rank: 1, score: 3 },
      { id: 'b', rank: 2, score: -3 },
    ],
    usage: { ...noUsage, rounds: 1 },
    warnings: [],
  };
  const [a, b] = withProbabilities(ranking, calibration).items;
  expect(a!.probability).toBeGreaterThan(0.9);
  expect(b!.probability).toBeLessThan(0.1);
});

describe('judged lists', () => {
  const run = new Map([
    [
      'q',
      [
        { id: 'a', score: 3 },
        { id: 'b', score: 2 },
        { id: 'c', score: 1 },
      ],
    ],
    ['unjudged', [{ id: 'a', score: 1 }]],
  ]);
  const qrels = new Map([
    [
      'q',
      new Map([
        ['a', 1],
        ['b', 2],
      ]),
    ],
  ]);

  test.each([
    [{}, [3, 2, 1], [true, true, false]],
    [{ relevantFrom: 2 }, [3, 2, 1], [false, true, false]],
    [{ unjudged: 'left-out' as const }, [3, 2], [true, true]],
    // A grade of 0 asked for makes judged passages relevant, not those nobody judged.
    [{ relevantFrom: 0 }, [3, 2, 1], [true, true, false]],
  ])('%j', (options, scores, relevant) => {
    expect(judgedLists(run, qrels, options)).toEqual([{ queryId: 'q', scores, relevant }]);
  });
});

describe('only the first ranks were reranked', () => {
  /** The first 20 of 100 reranked with real scores; the others fall by 1, as a reranker leaves them. */
  const reranked = async (comparator: Comparator, queries: number) => {
    const { run, qrels } = draw(queries, 5);
    const reranker = composeReranker({ program: 'pointwise', comparator, depth: 20 });
    const rankings: Ranking[] = [];
    for (const [queryId, list] of run) {
      const tail = Array.from({ length: 80 }, (_, index) => ({ id: `${queryId}-tail-${index}`, score: 9 }));
      rankings.push(
        await reranker.rerank({
          query: { id: queryId, text: '' },
          items: [...list, ...tail].map(({ id, score }) => ({ passage: { id, text: String(score) } })),
        }),
      );
    }
    const written = new Map(
      rankings.map(({ queryId, items }) => [queryId, items.map(({ id, score }) => ({ id, score }))]),
    );
    return { run: written, qrels, rankings };
  };

  test('a run without its depth is refused, with the depth that it seems to have', async () => {
    const { run, qrels } = await reranked(scorer(), 8);
    expect(() => fitCalibration(scorer(), run, qrels, { relevantFrom: 2 })).toThrow(
      expect.objectContaining({ code: 'usage', hint: expect.stringContaining('seems 20') }),
    );
    const ranks = new Map(
      [...run].map(([id, list]) => [id, list.map((one, index) => ({ ...one, score: -index }))]),
    );
    expect(() => fitCalibration(scorer(), ranks, qrels)).toThrow(
      expect.objectContaining({ code: 'usage', hint: expect.stringContaining('pointwise') }),
    );
  });

  test('with it the fit is that of the reranked alone, and the file states it', async () => {
    const { run, qrels } = await reranked(scorer(), 80);
    const short = new Map([...run].map(([id, list]) => [id, list.slice(0, 20)]));
    const fitted = fitCalibration(scorer(), run, qrels, { relevantFrom: 2, depth: 20 });
    expect(fitted).toEqual(fitCalibration(scorer(), short, qrels, { relevantFrom: 2 }));
    expect(fitted).toMatchObject({ depth: 20, figures: { pairs: 80 * 20 } });
    expect(fitted.figures.error).toBeLessThan(0.05);
  });

  test('below its depth a calibration gives no probability, and says so', async () => {
    const calibrated = calibratedComparator(scorer(), { ...calibration, depth: 10 });
    const items = draw(1, 7)
      .run.get('q0')!
      .map(({ id, score }) => ({ passage: { id, text: String(score) } }));
    const asked = { query: { id: 'q0', text: '' }, items };
    const ranking = await composeReranker({ program: 'pointwise', comparator: calibrated }).rerank(asked);
    const first = new Set(items.slice(0, 10).map(({ passage }) => passage.id));
    for (const { id, probability } of ranking.items) expect(probability !== undefined).toBe(first.has(id));
    expect(ranking.warnings).toEqual([expect.objectContaining({ code: 'not-calibrated', id: 'q0' })]);
    // As far as it was fitted all is as ever.
    const shallow = composeReranker({ program: 'pointwise', comparator: calibrated, depth: 10 });
    const { items: ranked, warnings, depth } = await shallow.rerank(asked);
    expect([depth, warnings]).toEqual([10, []]);
    expect(ranked.map(({ probability }) => probability !== undefined)).toEqual(
      ranked.map((_, index) => index < 10),
    );
    // Scores that hang on the group mean something else in a larger one.
    const relative = calibratedComparator(scorer({ absolute: false }), { ...calibration, depth: 10 });
    const listwise = await composeReranker({ program: 'full', comparator: relative }).rerank(asked);
    expect(listwise.items.every(({ probability }) => probability === undefined)).toBe(true);
    expect(withProbabilities(ranking, { ...calibration, depth: 3 }).items[2]!.probability).toBeDefined();
  });

  test('a cut-off keeps nothing of what was not reranked', async () => {
    const { rankings } = await reranked(calibratedComparator(scorer(), { ...calibration, depth: 20 }), 1);
    const [ranking] = rankings as [Ranking];
    expect(ranking.items).toHaveLength(100);
    expect(keepRelevant(ranking, { on: 'probability', threshold: 0 }).items).toHaveLength(20);
    expect(keepRelevant(ranking, { on: 'score', threshold: -1000 }).items).toHaveLength(20);
    expect(keepRelevant(ranking, { on: 'score', threshold: -1000, depth: 5 }).items).toHaveLength(5);
  });
});

test.each([
  [[5, 4.5, 2, 1, 0, -1, -2, -3], 3],
  [[5, 4, 3, 2, 1, 0], 0],
  [[3, 2.5, 1, 0], 4],
  [[3, 3, 2, 2, 1, 1, 0, 0, 0], 9],
  [[0.1, -0.9, -1.9, -2.9, -3.9, -4.9, -5.9].map((score) => score / 3), 7],
  [[], 0],
  [[1], 1],
])("of the scores %j the first %d are a comparator's", (scores, count) => {
  expect(scoredRanks(scores.map((score) => ({ score })))).toBe(count);
});

describe('as a file', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rankforge-calibration-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('it comes back as it was', async () => {
    const path = join(folder, 'calibration.json');
    await writeCalibration(path, calibration);
    expect(await readCalibration(path)).toEqual(calibration);
  });

  test.each([
    ['{"format": 1}', 'bad-file'],
    ['not JSON', 'bad-file'],
    [undefined, 'missing-file'],
  ])('%s: %s', async (text, code) => {
    const path = join(folder, `${code}-${text?.length}.json`);
    if (text !== undefined) await writeFile(path, text);
    await expect(readCalibration(path)).rejects.toMatchObject({ code, where: path });
  });
});

test('too little data is said', () => {
  const { run, qrels } = draw(3, 1);
  expect(() => fitCalibration(scorer(), run, qrels)).toThrow(
    expect.objectContaining({ code: 'too-little-data' }),
  );
});
