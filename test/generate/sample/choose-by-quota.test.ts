import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chooseByQuota } from '../../../src/generate/sample/choose-by-quota.js';

const groupsOf = (counts: Readonly<Record<string, number>>) =>
  Object.entries(counts).flatMap(([group, count]) => Array<string | undefined>(count).fill(group));
const evenly = (size: number) => Array.from({ length: size }, (_, row) => (row * 0.618_034) % 1);

test('largest remainder, exactly', () => {
  const groups = groupsOf({ en: 100, de: 100, fr: 100 });
  const { rows, groups: report } = chooseByQuota(groups, {
    count: 10,
    uniforms: evenly(300),
    shares: { en: 0.5, de: 0.26, fr: 0.24 },
  });
  expect(report.map(({ group, drawn }) => [group, drawn])).toEqual([
    ['en', 5],
    ['de', 3],
    ['fr', 2],
  ]);
  expect(new Set(rows).size).toBe(10);
});

test.each([
  // de lacks 3 of its 4: the two others share them 2 : 1 as their shares are.
  { refill: 'shares' as const, drawn: { en: 6, de: 1, fr: 3 } },
  { refill: 'none' as const, drawn: { en: 4, de: 1, fr: 2 } },
])('a group with too few, refilled by $refill', ({ refill, drawn }) => {
  const groups = groupsOf({ en: 50, de: 1, fr: 50, es: 50 });
  const chosen = chooseByQuota(groups, {
    count: 10,
    uniforms: evenly(151),
    shares: { en: 0.4, de: 0.4, fr: 0.2 },
    refill,
  });
  expect(Object.fromEntries(chosen.groups.map((one) => [one.group, one.drawn]))).toEqual(drawn);
  expect(chosen.groups.map(({ wanted }) => wanted)).toEqual([4, 4, 2]);
});

test('any: first the named groups, then what no share names', () => {
  const groups = [...groupsOf({ en: 2, de: 1, es: 30 }), undefined];
  const options = { count: 8, uniforms: evenly(34), shares: { en: 1, de: 1 } };
  expect(chooseByQuota(groups, options).rows).toHaveLength(3);
  const chosen = chooseByQuota(groups, { ...options, refill: 'any' });
  expect(chosen.rows).toHaveLength(8);
  expect(chosen.groups.at(-1)).toEqual({ group: '(any other)', available: 31, wanted: 0, drawn: 5 });
});

test('equal and proportional are worked out from what there is', () => {
  const groups = groupsOf({ b: 60, a: 30, c: 10 });
  const drawn = (shares: 'equal' | 'proportional', count: number) =>
    Object.fromEntries(
      chooseByQuota(groups, { count, uniforms: evenly(100), shares }).groups.map((one) => [
        one.group,
        one.drawn,
      ]),
    );
  expect(drawn('proportional', 10)).toEqual({ a: 3, b: 6, c: 1 });
  expect(drawn('equal', 10)).toEqual({ a: 4, b: 3, c: 3 });
  expect(drawn('equal', 90)).toEqual({ a: 30, b: 50, c: 10 });
});

test('as many as asked wherever the groups hold them, and never one twice', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.integer({ min: 0, max: 30 }), { minKeys: 1 }),
      fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd', 'e'), fc.integer({ min: 1, max: 9 }), { minKeys: 1 }),
      fc.integer({ min: 0, max: 60 }),
      (counts, shares, count) => {
        const groups = groupsOf(counts);
        const { rows } = chooseByQuota(groups, { count, uniforms: evenly(groups.length), shares });
        const room = Object.keys(shares).reduce((sum, name) => sum + (counts[name] ?? 0), 0);
        expect(rows).toHaveLength(Math.min(count, room));
        expect(new Set(rows).size).toBe(rows.length);
        for (const row of rows) expect(Object.keys(shares)).toContain(groups[row]);
      },
    ),
  );
});

test('bad shares and fields that are ids', () => {
  const options = { count: 1, uniforms: [0.5] };
  expect(() => chooseByQuota(['a'], { ...options, shares: { a: 0 } })).toThrow(
    expect.objectContaining({ code: 'usage' }),
  );
  expect(() => chooseByQuota(['a'], { ...options, shares: { a: -1, b: 2 } })).toThrow(/share of "a"/);
  const ids = Array.from({ length: 10_001 }, (_, i) => `id${i}`);
  expect(() => chooseByQuota(ids, { count: 1, uniforms: ids.map(() => 0.5), shares: 'equal' })).toThrow(
    /10001 groups/,
  );
  expect(
    chooseByQuota([undefined, undefined], { count: 2, uniforms: [0.1, 0.2], shares: 'equal' }).rows,
  ).toEqual([]);
});
