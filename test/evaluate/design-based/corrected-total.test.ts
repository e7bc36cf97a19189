import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { correctedTotal, naiveTotal } from '../../../src/evaluate/design-based/corrected-total.js';
import { drawSample } from '../../../src/evaluate/design-based/draw-sample.js';
import { normalQuantile } from '../../../src/evaluate/design-based/normal-quantile.js';
import type { SampledUnit } from '../../../src/evaluate/design-based/sampled-unit.js';
import { studentQuantile } from '../../../src/evaluate/design-based/student-quantile.js';

const golden = JSON.parse(readFileSync('test/fixtures/design-based-golden.json', 'utf8')) as {
  normal: [number, number][];
  student: [number, number, number][];
  means: { judge: number[]; drawn: number[]; people: number[]; value: number; interval: [number, number] }[];
};

test("the quantiles are scipy's", () => {
  for (const [p, value] of golden.normal) expect(normalQuantile(p)).toBeCloseTo(value, 12);
  for (const [degrees, p, value] of golden.student)
    expect(studentQuantile(p, degrees)).toBeCloseTo(value, 5 - Math.ceil(Math.log10(Math.abs(value) + 1)));
  expect(studentQuantile(0.975, Number.POSITIVE_INFINITY)).toBe(normalQuantile(0.975));
});

describe("ppi-python's mean", () => {
  test.each(golden.means)('case %#', ({ judge, drawn, people, value, interval }) => {
    const observed = new Map(drawn.map((unit, index) => [unit, people[index]!]));
    const units = judge.map((predicted, index) => ({
      predicted,
      observed: observed.get(index),
      probability: drawn.length / judge.length,
    }));
    const mine = correctedTotal(units, { use: 'as-is', target: 'larger' });
    expect(mine.value).toBeCloseTo(value, 12);
    // Theirs takes both sets for independent samples, and the normal quantile.
    expect((mine.high - mine.low) / (interval[1] - interval[0])).toBeGreaterThan(0.8);
    expect((mine.high - mine.low) / (interval[1] - interval[0])).toBeLessThan(1.25);
  });
});

/** Every set of `size` of the indexes. */
function* subsets(indexes: readonly number[], size: number): Generator<number[]> {
  if (size === 0) yield [];
  for (const [at, index] of indexes.entries()) {
    if (size === 0) return;
    for (const rest of subsets(indexes.slice(at + 1), size - 1)) yield [index, ...rest];
  }
}
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const varianceOf = (values: readonly number[]) => mean(values.map((value) => (value - mean(values)) ** 2));

const truth = [0, 3, 1, 0, 2, 3, 3, 0, 1];
const judged = [3, 2, 3, 1, 3, 3, 2, 2, 3];
const coefficients = [0.3, 0.1, 0, 0.5, -0.2, 0.1, 0.7, 0.2, 0.4];

describe('over every sample that could have been drawn', () => {
  const total = truth.reduce((sum, y, index) => sum + coefficients[index]! * y, 0);
  const unit = (
    index: number,
    drawn: ReadonlySet<number>,
    probability: number,
    stratum?: string,
  ): SampledUnit => ({
    predicted: judged[index]!,
    observed: drawn.has(index) ? truth[index] : undefined,
    probability,
    stratum,
    coefficient: coefficients[index],
  });

  test('of a fixed size the mean estimate is the truth, and the mean variance that of the estimates', () => {
    const estimates = [...subsets([...truth.keys()], 5)].map((drawn) =>
      correctedTotal(
        truth.map((_, index) => unit(index, new Set(drawn), 5 / 9)),
        { use: 'as-is' },
      ),
    );
    const values = estimates.map(({ value }) => value);
    expect(mean(values)).toBeCloseTo(total, 10);
    expect(mean(estimates.map(({ standardError }) => standardError ** 2))).toBeCloseTo(
      varianceOf(values),
      10,
    );
  });

  test('of two strata too', () => {
    const estimates = [...subsets([0, 1, 2, 3], 2)].flatMap((first) =>
      [...subsets([4, 5, 6, 7, 8], 3)].map((second) => {
        const drawn = new Set([...first, ...second]);
        return correctedTotal(
          truth.map((_, index) => unit(index, drawn, index < 4 ? 2 / 4 : 3 / 5, index < 4 ? 'a' : 'b')),
          { use: 'as-is' },
        );
      }),
    );
    const values = estimates.map(({ value }) => value);
    expect(mean(values)).toBeCloseTo(total, 10);
    expect(mean(estimates.map(({ standardError }) => standardError ** 2))).toBeCloseTo(
      varianceOf(values),
      10,
    );
  });

  test('of units drawn each alone the mean estimate is the truth', () => {
    const probabilities = truth.map((_, index) => 0.9 - index / 20);
    let [estimate, left] = [0, 0];
    for (let size = 0; size <= truth.length; size++) {
      for (const drawn of subsets([...truth.keys()], size)) {
        const own = new Set(drawn);
        const chance = probabilities.reduce((product, p, index) => product * (own.has(index) ? p : 1 - p), 1);
        const units = truth.map((_, index) => unit(index, own, probabilities[index]!));
        // Too few for an interval; the estimate that there would be belongs to the mean all the same.
        if (size < 5) {
          expect(() => correctedTotal(units, { design: 'poisson' })).toThrow(
            expect.objectContaining({ code: 'too-little-data' }),
          );
          left += chance * byHand(units);
        } else estimate += chance * correctedTotal(units, { use: 'as-is', design: 'poisson' }).value;
      }
    }
    expect(estimate + left).toBeCloseTo(total, 10);
  });
});

const byHand = (units: readonly SampledUnit[]): number =>
  units.reduce(
    (sum, { predicted, observed, probability, coefficient }) =>
      sum + coefficient! * (predicted + (observed === undefined ? 0 : (observed - predicted) / probability)),
    0,
  );

test('where all are judged by people the judge has no say and there is no error', () => {
  const units = truth.map((observed, index) => ({ predicted: judged[index]!, observed, probability: 1 }));
  for (const use of ['fitted', 'as-is', 'none'] as const) {
    const { value, low, high } = correctedTotal(units, { use });
    expect([value, low, high]).toEqual(Array(3).fill(expect.closeTo(mean(truth), 12)));
  }
});

test('what cannot be estimated is said', () => {
  const units = (drawn: number, more: Partial<SampledUnit> = {}) =>
    Array.from({ length: 20 }, (_, index) => ({
      predicted: 1,
      observed: index < drawn ? 1 : undefined,
      probability: drawn / 20,
      ...more,
    }));
  for (const drawn of [0, 1, 4])
    expect(() => correctedTotal(units(drawn))).toThrow(expect.objectContaining({ code: 'too-little-data' }));
  expect(() => correctedTotal(units(8, { cluster: 'q' }), { target: 'larger' })).toThrow(
    expect.objectContaining({ code: 'too-little-data' }),
  );
  const alone = units(8).map((unit, index) => ({ ...unit, stratum: index < 7 ? 'a' : 'b' }));
  expect(() => correctedTotal(alone)).toThrow(expect.objectContaining({ code: 'too-little-data' }));
  expect(naiveTotal(units(0))).toMatchObject({ value: expect.closeTo(1, 12), standardError: 0 });
});

describe('drawing', () => {
  const ids = Array.from({ length: 90 }, (_, index) => `p${index}`);
  test('takes so many, each as probable as the other, whatever the order of the ids', () => {
    const times = new Map(ids.map((id) => [id, 0]));
    for (let seed = 0; seed < 400; seed++) {
      const { drawn, units } = drawSample(ids, { size: 30, seed });
      expect(drawn.size).toBe(30);
      expect(units.get('p7')).toEqual({ probability: 1 / 3, stratum: 'all' });
      for (const id of drawn) times.set(id, times.get(id)! + 1);
    }
    // 400 draws of 1/3: six standard errors.
    for (const count of times.values())
      expect(Math.abs(count - 400 / 3)).toBeLessThan(6 * Math.sqrt((400 * 2) / 9));
    expect(drawSample(ids.toReversed(), { size: 30, seed: 1 }).drawn).toEqual(
      drawSample(ids, { size: 30, seed: 1 }).drawn,
    );
  });

  test('from strata takes their shares, and at least two', () => {
    const stratumOf = (id: string) => (id === 'p0' ? 'one' : Number(id.slice(1)) < 5 ? 'few' : 'many');
    const { drawn, units } = drawSample(ids, { size: 20, seed: 1, stratumOf });
    const of = (stratum: string) => [...drawn].filter((id) => stratumOf(id) === stratum).length;
    expect([of('one'), of('few'), of('many')]).toEqual([1, 2, 17]);
    expect(units.get('p0')?.probability).toBe(1);
    expect(units.get('p3')?.probability).toBe(0.5);
    expect(units.get('p50')?.probability).toBe(17 / 85);
    for (const size of [4, 91]) {
      expect(() => drawSample(ids, { size, seed: 1, stratumOf })).toThrow(
        expect.objectContaining({ code: 'usage' }),
      );
    }
    expect(drawSample(ids, { size: 90, seed: 1, stratumOf }).drawn.size).toBe(90);
  });
});
