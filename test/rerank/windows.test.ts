import fc from 'fast-check';
import { expect, test } from 'vitest';
import { planWindows } from '../../src/rerank/windows.js';

test.each([
  { depth: 0, size: 20, stride: 10, spans: [] },
  { depth: 1, size: 20, stride: 10, spans: [] },
  { depth: 2, size: 20, stride: 10, spans: [[0, 2]] },
  { depth: 8, size: 20, stride: 10, spans: [[0, 8]] },
  // RankLLM's loop has no window here, since start + stride is 0 from the beginning.
  { depth: 10, size: 20, stride: 10, spans: [[0, 10]] },
  { depth: 19, size: 20, stride: 10, spans: [[0, 19]] },
  { depth: 20, size: 20, stride: 10, spans: [[0, 20]] },
  // RankGPT's loop ends after the first and never compares rank 1.
  {
    depth: 21,
    size: 20,
    stride: 10,
    spans: [
      [1, 21],
      [0, 11],
    ],
  },
  {
    depth: 25,
    size: 20,
    stride: 10,
    spans: [
      [5, 25],
      [0, 15],
    ],
  },
  {
    depth: 30,
    size: 20,
    stride: 10,
    spans: [
      [10, 30],
      [0, 20],
    ],
  },
  {
    depth: 31,
    size: 20,
    stride: 10,
    spans: [
      [11, 31],
      [1, 21],
      [0, 11],
    ],
  },
  {
    depth: 7,
    size: 3,
    stride: 1,
    spans: [
      [4, 7],
      [3, 6],
      [2, 5],
      [1, 4],
      [0, 3],
    ],
  },
  {
    depth: 5,
    size: 2,
    stride: 2,
    spans: [
      [3, 5],
      [1, 3],
    ],
  },
])('$depth by $size/$stride', ({ depth, spans, ...shape }) => {
  expect(planWindows(depth, shape).map(({ start, end }) => [start, end])).toEqual(spans);
});

test('100 by 20/10 is the 9 windows of the published runs', () => {
  const windows = planWindows(100, { size: 20, stride: 10 });
  expect(windows.map(({ start, end }) => [start, end])).toEqual(
    [80, 70, 60, 50, 40, 30, 20, 10, 0].map((start) => [start, start + 20]),
  );
});

test('windows cover the list from its end, overlap by size − stride, and never pass its beginning', () => {
  const shape = fc
    .integer({ min: 2, max: 30 })
    .chain((size) => fc.record({ size: fc.constant(size), stride: fc.integer({ min: 1, max: size - 1 }) }));
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 200 }), shape, (depth, { size, stride }) => {
      const windows = planWindows(depth, { size, stride });
      expect(windows[0]!.end).toBe(depth);
      expect(windows.at(-1)!.start).toBe(0);
      expect(windows).toHaveLength(depth <= size ? 1 : Math.ceil((depth - size) / stride) + 1);
      for (const [index, { start, end }] of windows.entries()) {
        expect(end - start).toBeGreaterThanOrEqual(2);
        expect(end - start).toBeLessThanOrEqual(size);
        if (index > 0) expect(windows[index - 1]!.end - end).toBe(stride);
      }
    }),
  );
});

test.each([
  [1, 1],
  [20, 0],
  [20, 21],
  [2.5, 1],
  [20, Number.NaN],
])('a window of %d by %d is refused', (size, stride) => {
  expect(() => planWindows(10, { size, stride })).toThrow(expect.objectContaining({ code: 'usage' }));
});

test('a window of one passage is told as such, whatever its stride', () => {
  expect(() => planWindows(10, { size: 1, stride: 0 })).toThrow(/at least two passages/);
  expect(() => planWindows(10, { size: 4, stride: 5 })).toThrow(/cannot move by 5/);
});
