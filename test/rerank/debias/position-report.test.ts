import { expect, test } from 'vitest';
import { measurePositions } from '../../../src/rerank/debias/position-report.js';
import { renderPositionReport } from '../../../src/rerank/debias/render-position-report.js';
import { biasedComparator, numberedCandidates } from '../biased-comparator.js';

const candidates = numberedCandidates(60, 10);
// Of variance 1 over ten positions.
const slope = (position: number): number => (4.5 - position) / Math.sqrt(8.25);

test('variance is shared out as it was put in: 4 parts position, 1 passage, 1 noise', async () => {
  const comparator = biasedComparator({ bias: (position) => 2 * slope(position), noise: 1 });
  const report = await measurePositions(comparator, candidates, { window: 10, showings: 4 });
  expect(report.variance.position).toBeCloseTo(4 / 6, 1);
  expect(report.variance.passage).toBeCloseTo(1 / 6, 1);
  expect(report.variance.rest).toBeCloseTo(1 / 6, 1);
  expect(report.usage.calls).toBe(60 * 4 + 3);
  report.positions.forEach(({ score }, position) => {
    expect(score).toBeCloseTo(2 * slope(position), 0);
  });
  expect(report.positions.reduce((sum, { first }) => sum + first, 0)).toBeCloseTo(1, 12);
});

test('one that reads: all is the passage, and its orders agree', async () => {
  const report = await measurePositions(biasedComparator(), candidates, { window: 10 });
  expect(report.variance.position).toBeLessThan(0.02);
  expect(report.variance.passage).toBeGreaterThan(0.98);
  expect(Math.abs(report.withShownOrder)).toBeLessThan(0.05);
  expect(report.betweenShowings).toBe(1);
});

test('one that repeats what it is shown, without scores: all is position', async () => {
  const comparator = biasedComparator({ bias: (position) => -50 * position, scores: false });
  const report = await measurePositions(comparator, candidates, { window: 10 });
  expect(report.variance.position).toBeGreaterThan(0.99);
  expect(report.withShownOrder).toBe(1);
  expect(Math.abs(report.betweenShowings)).toBeLessThan(0.06);
  expect(report.positions.map(({ first }) => first)).toEqual([1, ...Array(9).fill(0)]);
  expect(report.positions[0]!.contentFree).toBeUndefined();
});

test('the content-free profile is the bias itself', async () => {
  const report = await measurePositions(biasedComparator({ bias: slope }), candidates, { window: 10 });
  report.positions.forEach(({ contentFree }, position) => {
    expect(contentFree).toBeCloseTo(slope(position), 9);
  });
});

test('the same seed gives the same report, and its text says the figures', async () => {
  const measure = () => measurePositions(biasedComparator({ bias: slope }), candidates, { window: 10 });
  const report = await measure();
  expect(await measure()).toEqual(report);
  const text = renderPositionReport(report);
  expect(text).toContain('biased: 60 queries, 10 passages in 4 random orders each');
  expect(text).toContain(`Position alone explains ${(100 * report.variance.position).toFixed(0)} %`);
  expect(text.trimEnd().split('\n')).toHaveLength(17);
});

test.each([
  [{ window: 11 }, 'too-little-data'],
  [{ window: 1 }, 'usage'],
  [{ window: 2.5 }, 'usage'],
  [{ showings: 1 }, 'usage'],
])('%j is refused: %s', async (options, code) => {
  await expect(measurePositions(biasedComparator(), candidates, options)).rejects.toMatchObject({ code });
});
