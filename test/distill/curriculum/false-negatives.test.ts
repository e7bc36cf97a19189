import { describe, expect, test } from 'vitest';
import { randomStream } from '../../../src/core/random.js';
import {
  correctForSelection,
  estimateSelection,
  keepSafeNegatives,
  type PartlyLabelled,
  relevanceGivenLabels,
} from '../../../src/distill/curriculum/false-negatives.js';

/** Lists whose relevant passages are labelled at a known rate by rank. */
function pooled(
  rateOf: (rank: number) => number,
  count = 600,
): { lists: PartlyLabelled[]; truth: boolean[][] } {
  const random = randomStream(4, 'pooled');
  const truth: boolean[][] = [];
  const lists = Array.from({ length: count }, () => {
    const relevance = Float64Array.from({ length: 20 }, () => random.next() ** 2);
    const relevant = Array.from(relevance, (chance) => random.next() < chance);
    truth.push(relevant);
    return { relevance, labelled: relevant.map((one, rank) => one && random.next() < rateOf(rank + 1)) };
  });
  return { lists, truth };
}

describe('selection', () => {
  test('rates by rank are recovered from lists that were judged to a depth', () => {
    const rates = estimateSelection(pooled((rank) => (rank <= 10 ? 0.9 : 0.2)).lists);
    expect(rates).toHaveLength(4);
    expect(rates[0]).toBeCloseTo(0.9, 1);
    expect(rates[1]).toBeCloseTo(0.9, 1);
    expect(Math.abs(rates[2]! - 0.2)).toBeLessThan(0.05);
    expect(Math.abs(rates[3]! - 0.2)).toBeLessThan(0.05);
  });

  test('the chance that an unlabelled passage is relevant is calibrated by what was hidden', () => {
    const { lists, truth } = pooled((rank) => (rank <= 10 ? 0.9 : 0.2));
    const rates = estimateSelection(lists);
    let [expected, actual, labelled] = [0, 0, 0];
    lists.forEach((list, q) => {
      relevanceGivenLabels(list, rates).forEach((chance, i) => {
        if (list.labelled[i]) labelled += chance;
        else {
          expected += chance;
          actual += truth[q]![i] ? 1 : 0;
        }
      });
    });
    expect(expected / actual).toBeGreaterThan(0.93);
    expect(expected / actual).toBeLessThan(1.07);
    expect(labelled).toBe(lists.reduce((sum, one) => sum + one.labelled.filter(Boolean).length, 0));
  });

  test('two turns worked out by hand, with one labelled of two relevant added', () => {
    const list = { relevance: [0.8, 0.4], labelled: [true, false] };
    // The second is relevant with 0.4 × 0.5 / (1 − 0.2) = 1/4, so its rate is 0.5 / 1.25, and with that 2/7.
    expect(estimateSelection([list], { bucket: 1, iterations: 1 })).toEqual([0.75, expect.closeTo(0.4, 12)]);
    expect(estimateSelection([list], { bucket: 1, iterations: 2 })).toEqual([
      0.75,
      expect.closeTo(0.38888889, 8),
    ]);
  });

  test('a likely false negative is half there, and a label from where few are weighs more', () => {
    const list = { relevance: [0.9, 0.9, 0.01, 0.9, 0.9], labelled: [true, false, false, false, true] };
    const { weights, presence } = correctForSelection(list, [0.5], { bucket: 5 });
    expect([...weights]).toEqual([2, 1, 1, 1, 2]);
    expect(presence[0]).toBe(1);
    expect(presence[1]).toBeCloseTo(1 - (0.9 * 0.5) / (1 - 0.45), 12);
    expect(presence[2]).toBeGreaterThan(0.99);
    expect(correctForSelection(list, [0.01]).weights[0]).toBe(5);
  });

  test('lists of nothing, of certainty and without a label are defined', () => {
    expect(estimateSelection([])).toEqual([]);
    expect(estimateSelection([{ relevance: [], labelled: [] }])).toEqual([]);
    const sure = { relevance: [1, 0, 5, -2], labelled: [false, false, false, false] };
    const rates = estimateSelection([sure]);
    expect(rates.every((rate) => rate > 0 && rate <= 1)).toBe(true);
    expect(relevanceGivenLabels(sure, [1]).every((one) => one >= 0 && one <= 1)).toBe(true);
    const { weights, presence } = correctForSelection(sure, []);
    expect([...weights, ...presence].every(Number.isFinite)).toBe(true);
  });
});

describe('positive-aware filter', () => {
  test('drops negatives that the teacher puts beside the positive or above it', () => {
    expect(keepSafeNegatives([10, 9.9, 5, 11, 0], [true, false, false, false, false])).toEqual([
      true,
      false,
      true,
      false,
      true,
    ]);
  });
  test('goes by places between the least score and the positive, so a shift changes nothing', () => {
    const scores = [-3, -3.2, -9];
    const labelled = [true, false, false];
    expect(keepSafeNegatives(scores, labelled)).toEqual(
      keepSafeNegatives(
        scores.map((score) => score + 100),
        labelled,
      ),
    );
  });
  test('keeps all without a positive', () => {
    expect(keepSafeNegatives([1, 2], [false, false])).toEqual([true, true]);
  });
});
