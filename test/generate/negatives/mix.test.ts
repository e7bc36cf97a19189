import fc from 'fast-check';
import { expect, test } from 'vitest';
import { randomStream } from '../../../src/core/random.js';
import { apportion } from '../../../src/generate/apportion.js';
import {
  cellName,
  checkMix,
  drawPlaces,
  inCellBand,
  type MixShare,
  nearestMined,
  planPlaces,
} from '../../../src/generate/negatives/mix.js';

const mixes = fc
  .array(fc.double({ min: 0.01, max: 10, noNaN: true }), { minLength: 1, maxLength: 5 })
  .map((shares): MixShare[] => shares.map((share, i) => ({ kind: 'mined', retriever: `r${i}`, share })));
const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

test.each([
  [[1, 1, 1], 10, [4, 3, 3]],
  [[5, 3, 1], 8, [4, 3, 1]], // exact 4.44, 2.67, .89: the remainders .89 and .67 get the two left
  [[1, 2], 6, [2, 4]],
  [[1, 1], 0, [0, 0]],
])('%j of %d places are %j', (shares, count, expected) => expect(apportion(shares, count)).toEqual(expected));

test('the plan of a set: every query full, every cell its share over the set to within one place', () => {
  fc.assert(
    fc.property(
      mixes,
      fc.integer({ min: 0, max: 12 }),
      fc.integer({ min: 0, max: 40 }),
      (mix, count, queries) => {
        const rows = planPlaces(mix, count, queries);
        expect(rows).toHaveLength(queries);
        for (const row of rows) expect(sum(row.map(({ places }) => places))).toBe(count);
        const whole = sum(mix.map(({ share }) => share));
        for (const [cell, { share }] of mix.entries()) {
          const given = sum(rows.map((row) => row[cell]!.places));
          expect(Math.abs(given - (share / whole) * count * queries)).toBeLessThan(1);
        }
      },
    ),
  );
});

test('one query: full, each share rounded down or up, and right in the mean over many queries', () => {
  fc.assert(
    fc.property(mixes, fc.integer({ min: 0, max: 12 }), fc.integer(), (mix, count, seed) => {
      const row = drawPlaces(mix, count, randomStream(seed));
      expect(sum(row.map(({ places }) => places))).toBe(count);
      const whole = sum(mix.map(({ share }) => share));
      for (const [cell, { share }] of mix.entries()) {
        const exact = (share / whole) * count;
        expect(Math.abs(row[cell]!.places - exact)).toBeLessThan(1 + 1e-9);
      }
    }),
  );
  const mix: MixShare[] = [0.5, 0.3, 0.2].map((share, i) => ({ kind: 'mined', retriever: `r${i}`, share }));
  const draws = Array.from({ length: 4000 }, (_, i) => drawPlaces(mix, 3, randomStream(7, i)));
  for (const [cell, { share }] of mix.entries()) {
    const mean = sum(draws.map((row) => row[cell]!.places)) / draws.length;
    expect(mean).toBeCloseTo(3 * share, 1);
  }
});

test('bands hold their lower end, and 1 is in the last', () => {
  const cell = { kind: 'mined', hardness: [0.5, 1] } as const;
  expect([0.49, 0.5, 0.99, 1].map((value) => inCellBand(value, cell))).toEqual([false, true, true, true]);
  expect(inCellBand(0.5, { kind: 'mined', hardness: [0, 0.5] })).toBe(false);
  expect(inCellBand(1, { kind: 'mined' })).toBe(true);
});

test('what fills a mined cell: the nearest band, then the same retriever, never another kind', () => {
  const cells = [
    { kind: 'mined', retriever: 'bm25', hardness: [0, 0.4] },
    { kind: 'mined', retriever: 'dense', hardness: [0.4, 0.8] },
    { kind: 'mined', retriever: 'bm25', hardness: [0.4, 0.8] },
    { kind: 'random' },
    { kind: 'mined', retriever: 'bm25', hardness: [0.8, 1] },
  ] as const;
  expect(nearestMined(cells[4], cells).map(cellName)).toEqual([
    'mined:bm25@0.4-0.8',
    'mined:dense@0.4-0.8',
    'mined:bm25@0-0.4',
  ]);
});

test.each([
  [[]],
  [[{ kind: 'mined', share: 0 }]],
  [[{ kind: 'mined', share: Number.NaN }]],
  [[{ kind: 'random', share: 1, hardness: [0, 1] }]],
  [[{ kind: 'written', share: 1, retriever: 'bm25' }]],
  [[{ kind: 'mined', share: 1, hardness: [0.5, 0.5] }]],
  [[{ kind: 'mined', share: 1, hardness: [0, 1.5] }]],
] as MixShare[][][])('%j is no mix', (mix) => {
  expect(() => checkMix(mix)).toThrow(expect.objectContaining({ code: 'usage', where: 'mix' }));
});
