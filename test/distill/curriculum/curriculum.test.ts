import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { competence, easyFirst } from '../../../src/distill/curriculum/easy-first.js';
import { focalShares } from '../../../src/distill/curriculum/focal-shares.js';
import { importanceWeights } from '../../../src/distill/curriculum/importance-weights.js';
import { curriculumNames, planEpoch } from '../../../src/distill/curriculum/plan-epoch.js';
import { progressiveShares } from '../../../src/distill/curriculum/progressive-shares.js';

const share = fc.double({ min: 0, max: 1, noNaN: true });
const mean = (values: readonly number[]) => values.reduce((sum, one) => sum + one, 0) / values.length;

test('importance weighs the first rank 2 and falls towards 1', () => {
  const weights = importanceWeights([1, 3, 7, 1000]);
  expect([...weights]).toEqual([2, 1.5, expect.closeTo(1 + 1 / 3, 12), expect.closeTo(1.1003, 4)]);
});

describe('easy first', () => {
  test('grows by the root of the paper: values of √(p (1 − c₀²) + c₀²) by a calculator', () => {
    expect(competence(0.25)).toBeCloseTo(0.72886899, 8);
    expect(competence(0.3, { start: 0.01, full: 1 })).toBeCloseTo(0.54778645, 8);
  });
  test('starts with a quarter of the lists, has all from halfway on, and never takes one away', () => {
    expect([0, 0.5, 1].map((p) => competence(p))).toEqual([0.25, 1, 1]);
    fc.assert(
      fc.property(fc.array(share, { minLength: 1, maxLength: 30 }), share, share, (hardness, a, b) => {
        const [early, late] = [Math.min(a, b), Math.max(a, b)].map((p) => easyFirst(hardness, p));
        expect(early!.every((list) => late!.includes(list))).toBe(true);
        const hardest = Math.max(...early!.map((list) => hardness[list]!));
        const outside = hardness.filter((_, list) => !early!.includes(list));
        expect(outside.every((h) => h >= hardest)).toBe(true);
        expect(easyFirst(hardness, 1)).toHaveLength(hardness.length);
      }),
    );
  });
});

describe('progressive shares', () => {
  test.each([
    { progress: 0, shares: [1.89314551, 0.85064511, 0.25620938] },
    { progress: 0.75, shares: [0.57580397, 0.85899858, 1.56519746] },
  ])(
    'at $progress: values of e^{κ (2p − 1)(h − ½)} over their mean by a calculator',
    ({ progress, shares }) => {
      expect(progressiveShares([0, 0.4, 1], progress)).toEqual(shares.map((one) => expect.closeTo(one, 8)));
    },
  );
  test('favour the easy at first, the hard at last, nobody halfway; their mean is 1', () => {
    const hardness = [0, 0.4, 1];
    expect(progressiveShares(hardness, 0.5)).toEqual([1, 1, 1]);
    const [first, last] = [progressiveShares(hardness, 0), progressiveShares(hardness, 1)];
    expect(first[0]!).toBeGreaterThan(first[2]! * 5);
    expect(last[2]! / last[0]!).toBeCloseTo(first[0]! / first[2]!, 12);
    fc.assert(
      fc.property(fc.array(share, { minLength: 1, maxLength: 20 }), share, (values, p) => {
        expect(mean(progressiveShares(values, p))).toBeCloseTo(1, 9);
      }),
    );
  });
});

describe('focal shares', () => {
  const t = Float64Array.of(1, 0, 0);
  const solved = { s: Float64Array.of(6, 0, 0), t };
  const open = { s: Float64Array.of(0, 2, 0), t };
  test('count what is unsolved more, the more so the larger γ, and all alike at 0', () => {
    const ratio = (gamma?: number) => {
      const [a, b] = focalShares([open, solved], { gamma });
      return a! / b!;
    };
    expect(ratio(0)).toBe(1);
    expect(ratio()).toBeGreaterThan(5);
    expect(ratio(2)).toBeGreaterThan(ratio()!);
    expect(mean(focalShares([open, solved, open]))).toBeCloseTo(1, 12);
  });
  test('values of (1 − p)^γ over their mean by a calculator: p = 1 / (2 + e²) and e⁶ / (e⁶ + 2)', () => {
    expect(focalShares([open, solved])).toEqual([
      expect.closeTo(1.86167046, 8),
      expect.closeTo(0.13832954, 8),
    ]);
    const [hard, easy] = focalShares([open, solved], { gamma: 2 });
    expect([hard, easy]).toEqual([expect.closeTo(1.99993904, 8), expect.closeTo(0.0000609628, 10)]);
  });
  test('ties share what is solved, and a batch that is solved counts alike', () => {
    const even = { s: Float64Array.of(0, 0), t: Float64Array.of(1, 1) };
    expect(focalShares([even, even])).toEqual([1, 1]);
    expect(focalShares([even, open])).toEqual([0, 2]);
  });
});

describe('an epoch’s plan', () => {
  const hardness = [0.9, 0.1, 0.5, 0.3];
  const scored = hardness.map(() => ({
    scores: Float64Array.of(1, 0),
    targets: { grades: Float64Array.of(1, 0) },
  }));
  test('without a curriculum is all lists alike', () => {
    const plan = planEpoch(undefined, hardness, 0);
    expect([plan.lists, plan.shares([2, 0], scored)]).toEqual([
      [0, 1, 2, 3],
      [1, 1],
    ]);
  });
  test.each(curriculumNames)('%s ends with all lists', (name) => {
    expect(planEpoch(name, hardness, 1).lists).toEqual([0, 1, 2, 3]);
    expect(planEpoch(name, hardness, 0.2).shares([0, 1], scored.slice(0, 2))).toHaveLength(2);
  });
  test('easy first begins with the easiest', () => {
    expect(planEpoch('easy-first', hardness, 0).lists).toEqual([1]);
  });
});
