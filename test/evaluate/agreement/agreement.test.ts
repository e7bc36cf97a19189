import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { randomStream } from '../../../src/core/random.js';
import { bootstrapStatistic } from '../../../src/evaluate/agreement/bootstrap-statistic.js';
import {
  agreementWeights,
  compareJudgements,
  type GradedPair,
  sharedPairs,
} from '../../../src/evaluate/agreement/compare-judgements.js';
import { confusionMatrix } from '../../../src/evaluate/agreement/confusion.js';
import { cohenKappa } from '../../../src/evaluate/agreement/kappa.js';
import { alphaOfCounts, krippendorffAlpha } from '../../../src/evaluate/agreement/krippendorff-alpha.js';

const golden = JSON.parse(readFileSync('test/fixtures/agreement-golden.json', 'utf8')) as {
  kappas: ({ a: number[]; b: number[]; labels: number[] | null } & Record<string, number | null>)[];
  alphas: ({ ratings: (number | null)[][] } & Record<'nominal' | 'ordinal' | 'interval', number>)[];
};
const near = (value: number | null) => (value === null ? undefined : expect.closeTo(value, 10));

describe("scikit-learn's kappa", () => {
  test.each(golden.kappas.map((one, index) => [index, one] as const))('case %i', (_, one) => {
    for (const weights of ['none', 'linear', 'quadratic'] as const)
      expect(cohenKappa(one.a, one.b, { weights, categories: one.labels ?? undefined })).toEqual(
        near(one[weights]!),
      );
  });
});

describe("the krippendorff package's alpha", () => {
  test.each(golden.alphas.map((one, index) => [index, one] as const))(
    'case %i',
    (_, { ratings, ...values }) => {
      const given = ratings.map((row) => row.map((value) => value ?? undefined));
      for (const level of ['nominal', 'ordinal', 'interval'] as const)
        expect(krippendorffAlpha(given, { level })).toEqual(near(values[level]));
    },
  );
});

test('what has no agreement to speak of is undefined', () => {
  expect(cohenKappa([], [])).toBeUndefined();
  expect(cohenKappa([1, 1], [1, 1])).toBeUndefined();
  expect(krippendorffAlpha([])).toBeUndefined();
  expect(krippendorffAlpha([[1, 2, 3]])).toBeUndefined();
  expect(
    krippendorffAlpha([
      [1, undefined],
      [undefined, 2],
    ]),
  ).toBeUndefined();
  expect(
    krippendorffAlpha([
      [2, 2],
      [2, 2],
    ]),
  ).toBeUndefined();
  expect(() => confusionMatrix([1], [1, 2])).toThrow(RangeError);
  expect(() => confusionMatrix([5], [1], [0, 1])).toThrow(RangeError);
});

const labels = fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 })), {
  minLength: 2,
  maxLength: 40,
});
test('agreement is symmetric, at most 1, and 1 for raters who say the same', () => {
  fc.assert(
    fc.property(labels, (pairs) => {
      const [a, b] = [pairs.map(([x]) => x), pairs.map(([, y]) => y)];
      for (const weights of ['none', 'linear', 'quadratic'] as const) {
        const kappa = cohenKappa(a, b, { weights });
        if (kappa !== undefined) expect(kappa).toBeLessThanOrEqual(1);
        if (kappa !== undefined) expect(cohenKappa(b, a, { weights })).toBeCloseTo(kappa, 9);
        expect(cohenKappa(a, a, { weights }) ?? 1).toBe(1);
      }
      for (const level of ['nominal', 'ordinal', 'interval'] as const) {
        const alpha = krippendorffAlpha([a, b], { level });
        expect(alphaOfCounts(confusionMatrix(a, b, [0, 1, 2, 3]), { level })).toEqual(near(alpha ?? null));
        if (alpha !== undefined) expect(krippendorffAlpha([b, a], { level })).toBeCloseTo(alpha, 9);
        expect(krippendorffAlpha([a, a], { level }) ?? 1).toBeCloseTo(1, 12);
      }
    }),
  );
});

/** Judgements whose agreement is the same in each query but differs between queries. */
function population(queries: number, perQuery: number, seed: number): GradedPair[] {
  const random = randomStream(seed, 'agreement-population');
  return Array.from({ length: queries }, (_, q) => {
    const noise = random.next();
    return Array.from({ length: perQuery }, (_, p): GradedPair => {
      const human = random.int(4);
      return {
        queryId: `q${q}`,
        passageId: `p${p}`,
        human,
        judge: random.next() < noise ? random.int(4) : human,
      };
    });
  }).flat();
}
const quadratic = (pairs: readonly GradedPair[]) =>
  cohenKappa(
    pairs.map(({ judge }) => judge),
    pairs.map(({ human }) => human),
    { weights: 'quadratic' },
  );

test('the interval over resampled queries covers, and the one over single pairs is too narrow', () => {
  const [each, trials] = [30, 100];
  const truth = quadratic(population(3000, each, 1))!;
  let hits = 0;
  for (let trial = 0; trial < trials; trial++) {
    const { low, high } = compareJudgements(population(40, each, 100 + trial), {
      seed: trial,
      samples: 100,
    }).quadraticKappa;
    if (low! <= truth && truth <= high!) hits++;
  }
  // A percentile interval of 40 queries is a little too narrow; 5 standard errors below .95 is too much.
  expect(hits / trials).toBeGreaterThan(0.95 - 5 * Math.sqrt((0.95 * 0.05) / trials));
  expect(hits).toBeLessThan(trials);
  const pairs = population(40, each, 7);
  const width = (groupOf?: (pair: GradedPair) => string) => {
    const { low, high } = bootstrapStatistic(pairs, quadratic, { seed: 1, samples: 100, groupOf });
    return high! - low!;
  };
  expect(width(({ queryId }) => queryId)).toBeGreaterThan(1.5 * width());
});

test('an interval needs five groups, and resamples that have a value', () => {
  expect(bootstrapStatistic([], () => 1, { seed: 1 })).toEqual({
    value: undefined,
    low: undefined,
    high: undefined,
  });
  expect(bootstrapStatistic([1], () => 1, { seed: 1 })).toEqual({
    value: 1,
    low: undefined,
    high: undefined,
  });
  const most = (items: readonly number[]) => Math.max(...items);
  expect(bootstrapStatistic([1, 2, 3, 4], most, { seed: 1 })).toMatchObject({ value: 4, low: undefined });
  expect(bootstrapStatistic([1, 2, 3, 4, 5], most, { seed: 1 })).toMatchObject({ value: 5, high: 5 });
  const whole = (items: readonly number[]) => (new Set(items).size === 5 ? 1 : undefined);
  expect(bootstrapStatistic([1, 2, 3, 4, 5], whole, { seed: 1 })).toMatchObject({ value: 1, low: undefined });
});

test('two sets of judgements are compared on the pairs that they share', () => {
  const judge = new Map([
    [
      'q1',
      new Map([
        ['a', 3],
        ['b', 1],
        ['c', 0],
        ['only', 2],
      ]),
    ],
    [
      'q2',
      new Map([
        ['a', 2],
        ['b', 0],
      ]),
    ],
  ]);
  const human = new Map([
    [
      'q1',
      new Map([
        ['a', 3],
        ['b', 3],
        ['c', -2],
      ]),
    ],
    [
      'q2',
      new Map([
        ['a', 1],
        ['b', 0],
        ['other', 1],
      ]),
    ],
  ]);
  const pairs = sharedPairs(judge, human);
  expect(pairs).toHaveLength(5);
  expect(compareJudgements(pairs, { seed: 1 })).toMatchObject({
    pairs: 5,
    queries: 2,
    same: 0.6,
    withinOne: 0.8,
    bias: expect.closeTo(-0.2, 12),
    confusion: {
      categories: [0, 1, 2, 3],
      counts: [
        [2, 0, 0, 0],
        [0, 0, 0, 1],
        [0, 1, 0, 0],
        [0, 0, 0, 1],
      ],
    },
    quadraticKappa: { value: expect.closeTo(quadratic(pairs)!, 12) },
  });
  expect(() => sharedPairs(judge, new Map([['q1', new Map([['a', 4]])]]))).toThrow(
    expect.objectContaining({ code: 'bad-file' }),
  );
  expect(() => compareJudgements([], { seed: 1 })).toThrow(
    expect.objectContaining({ code: 'too-little-data' }),
  );
});

test('members weigh as much as they agree with people', () => {
  expect(agreementWeights([0.6, 0.2, -0.5, undefined])).toEqual(
    [0.75, 0.25, 0, 0].map((x) => expect.closeTo(x, 12)),
  );
  expect(agreementWeights([-1, undefined])).toEqual([0.5, 0.5]);
});
