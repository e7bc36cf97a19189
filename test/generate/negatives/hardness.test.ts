import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Example, ExamplePassage } from '../../../src/core/example.js';
import { hardness, listScale, markByTeacher } from '../../../src/generate/negatives/hardness.js';

const real = fc.double({ min: -50, max: 50, noNaN: true });

test.each([
  // BM25, cosines below 0 and log-odds: half-way between the floor and the positive is a half on each.
  [5, { positive: 10, floor: 0 }, 0.5],
  [-0.1, { positive: 0.1, floor: -0.3 }, 0.5],
  [-6, { positive: -4, floor: -8 }, 0.5],
  [10, { positive: 10, floor: 0 }, 1],
  [12, { positive: 10, floor: 0 }, 1],
  [-9, { positive: -4, floor: -8 }, 0],
  [3, { positive: 3, floor: 3 }, 1],
  [2, { positive: 3, floor: 3 }, 0],
])('%d on %j is %d', (score, scale, expected) => expect(hardness(score, scale)).toBeCloseTo(expected, 12));

test('it is from 0 to 1, rises with the score, and no shift or stretch of the scores changes it', () => {
  fc.assert(
    fc.property(
      real,
      real,
      real,
      real,
      fc.double({ min: 0.01, max: 100, noNaN: true }),
      real,
      (a, b, p, f, k, d) => {
        const scale = { positive: Math.max(p, f), floor: Math.min(p, f) };
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        const value = hardness(low, scale);
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(1);
        expect(hardness(high, scale)).toBeGreaterThanOrEqual(value);
        fc.pre(scale.positive - scale.floor > 1e-6);
        const moved = { positive: k * scale.positive + d, floor: k * scale.floor + d };
        expect(hardness(k * low + d, moved)).toBeCloseTo(value, 4);
      },
    ),
  );
});

test('the scale of a list: from its last score to the best positive in it', () => {
  const list = [4, 3, 1, -2].map((score, i) => ({ id: `p${i}`, score }));
  expect(listScale(list, (id) => id === 'p1' || id === 'p2')).toEqual({ positive: 3, floor: -2 });
  expect(listScale([], () => true)).toBeUndefined();
  // Nobody knows how far down it is; all that was found is above it.
  const lost = listScale(list, () => false)!;
  expect(list.slice(0, -1).map(({ score }) => hardness(score, lost))).toEqual([1, 1, 1]);
});

const item = (id: string, kind: ExamplePassage['kind'], teacherScore?: number): ExamplePassage => ({
  passage: { id, text: id },
  grade: kind === 'positive' ? 3 : 0,
  kind,
  origin: 'corpus',
  ...(teacherScore === undefined ? {} : { teacherScore }),
});
const example = (...passages: ExamplePassage[]): Example => ({
  query: { id: 'q', text: 'q' },
  passages,
  split: 'train',
  ledgerKeys: [],
});

test('by the teacher: hardness and margin to the best positive, below 0 where the teacher prefers the negative', () => {
  const marked = markByTeacher(
    example(
      item('a', 'positive', 2),
      item('b', 'positive', 1),
      item('c', 'hard-negative', 0),
      item('d', 'hard-negative', 3),
      item('e', 'random', -2),
      { ...item('f', 'hard-negative'), hardness: 0.7 },
    ),
  );
  expect(marked.passages.map(({ hardness: hard, margin }) => [hard, margin])).toEqual([
    [undefined, undefined],
    [undefined, undefined],
    [0.5, 2],
    [1, -1],
    [0, 4],
    [0.7, undefined],
  ]);
  const unscored = example(item('a', 'positive'), item('c', 'hard-negative', 1));
  expect(markByTeacher(unscored)).toBe(unscored);
});
