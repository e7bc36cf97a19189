import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ScoredId } from '../../src/core/run.js';
import { combMnz, combSum, fusions, reciprocalRankFusion, zScoreFusion } from '../../src/retrieval/fusion.js';

const list = (...pairs: (readonly [string, number])[]): ScoredId[] =>
  pairs.map(([id, score]) => ({ id, score }));
const first = list(['a', 10], ['b', 8], ['c', 0]);
const second = list(['b', 0.9], ['d', 0.1]);

describe('the formulas, by hand', () => {
  test('reciprocal rank', () => {
    expect(reciprocalRankFusion([first, second])).toEqual(
      list(['b', 1 / 62 + 1 / 61], ['a', 1 / 61], ['d', 1 / 62], ['c', 1 / 63]),
    );
    expect(reciprocalRankFusion([first, second], { k: 0, weights: [1, 4] })[0]).toEqual({
      id: 'b',
      score: 4.5,
    });
  });

  test('z-scores, a missing passage getting the lowest', () => {
    const deviation = Math.sqrt((4 ** 2 + 2 ** 2 + 6 ** 2) / 3);
    const fused = new Map(
      zScoreFusion([first, second], { weights: [1, 0.5] }).map(({ id, score }) => [id, score]),
    );
    expect(fused.get('a')).toBeCloseTo(4 / deviation - 0.5, 10);
    expect(fused.get('b')).toBeCloseTo(2 / deviation + 0.5, 10);
    expect(fused.get('c')).toBeCloseTo(-6 / deviation - 0.5, 10);
    expect(fused.get('d')).toBeCloseTo(-6 / deviation - 0.5, 10);
  });

  test('sum of scores brought to 0 to 1', () => {
    expect(combSum([first, second])).toEqual(list(['b', 1.8], ['a', 1], ['c', 0], ['d', 0]));
  });

  test('the same times the lists that hold a passage', () => {
    expect(combMnz([first, second])).toEqual(list(['b', 3.6], ['a', 1], ['c', 0], ['d', 0]));
    const third = list(['c', 5], ['a', 4], ['e', 3]);
    // By CombSUM b has 1.8 and a 1.5; a is in as many lists.
    expect(combMnz([first, second, third])).toEqual(list(['b', 3.6], ['a', 3], ['c', 2], ['d', 0], ['e', 0]));
  });
});

const lists = fc.array(
  fc.uniqueArray(fc.tuple(fc.constantFrom(...'abcdefgh'), fc.integer({ min: -9, max: 9 })), {
    selector: ([id]) => id,
  }),
  { maxLength: 4 },
);

describe.each(Object.entries(fusions))('%s', (_name, fuse) => {
  test('has every id once, in order, with numbers; equal scores keep their order', () => {
    fc.assert(
      fc.property(lists, (raw) => {
        const given = raw.map((pairs) => list(...pairs).sort((a, b) => b.score - a.score));
        const fused = fuse(given);
        const ids = [...new Set(given.flatMap((one) => one.map(({ id }) => id)))];
        expect(fused.map(({ id }) => id).sort()).toEqual(ids.toSorted());
        for (let i = 1; i < fused.length; i++) {
          const [before, after] = [fused[i - 1]!, fused[i]!];
          expect(before.score >= after.score).toBe(true);
          if (before.score === after.score)
            expect(ids.indexOf(before.id)).toBeLessThan(ids.indexOf(after.id));
        }
      }),
    );
  });

  test('nothing, and lists of nothing', () => {
    expect(fuse([])).toEqual([]);
    expect(fuse([[], []])).toEqual([]);
  });

  test('a list alone keeps its order', () => {
    expect(fuse([first]).map(({ id }) => id)).toEqual(['a', 'b', 'c']);
  });
});
