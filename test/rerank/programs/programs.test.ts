import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Group, Outcome, Program } from '../../../src/rerank/program.js';
import { parseProgram, programs } from '../../../src/rerank/programs/registry.js';
import { dryRun } from '../../../src/rerank/run-program.js';

const specs = [
  'full',
  'sliding:20/10',
  'sliding:20/10@35',
  'sliding:4/2',
  'sliding:3/1@5',
  'sliding:2/2',
  'pointwise',
];

/** Orders a group by these values, highest first; ties keep the order shown. */
const perfect =
  (values: readonly number[]) =>
  (group: Group): Outcome => ({
    order: [...group].sort((a, b) => values[b]! - values[a]! || group.indexOf(a) - group.indexOf(b)),
    scores: group.map((item) => values[item]!),
  });

const sorted = (values: readonly number[]): number[] =>
  values.map((_, index) => index).sort((a, b) => values[b]! - values[a]! || a - b);

/** How many first ranks a program settles with a perfect comparator. */
const settled: Record<string, number> = {
  full: Number.POSITIVE_INFINITY,
  pointwise: Number.POSITIVE_INFINITY,
  'sliding:20/10': 10,
  'sliding:20/10@35': 35,
  'sliding:4/2': 2,
  'sliding:3/1@5': 5,
};

describe.each(specs)('%s', (spec) => {
  const program: Program = parseProgram(spec);

  test.each([0, 1, 2])('%d items', (n) => {
    const { rounds, final } = dryRun(program, n);
    expect(final.order).toEqual(Array.from({ length: n }, (_, index) => index));
    expect(rounds.length).toBe(spec === 'pointwise' ? Math.min(n, 1) : n === 2 ? 1 : 0);
  });

  test('items out are items in, groups hold each item once, and a comparator that keeps the order changes nothing', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 130 }), (n) => {
        const { rounds, final } = dryRun(program, n);
        expect(final.order).toEqual(Array.from({ length: n }, (_, index) => index));
        for (const group of rounds.flat()) {
          expect(new Set(group).size).toBe(group.length);
          expect(group.every((item) => item >= 0 && item < n)).toBe(true);
        }
        for (const round of rounds) {
          const items = round.flat();
          expect(new Set(items).size).toBe(items.length);
        }
      }),
    );
  });

  test('any outcomes leave a permutation', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 80 }), (values) => {
        const { order } = dryRun(program, values.length, (group) => ({
          ...perfect(values)(group),
          order: [...group].reverse(),
        })).final;
        expect([...order].sort((a, b) => a - b)).toEqual(values.map((_, index) => index));
      }),
    );
  });

  test.skipIf(settled[spec] === undefined)('a perfect comparator settles the first ranks', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1000 }), { maxLength: 120 }), (values) => {
        const { order } = dryRun(program, values.length, perfect(values)).final;
        const top = settled[spec]!;
        expect(order.slice(0, top).map((item) => values[item])).toEqual(
          sorted(values)
            .slice(0, top)
            .map((item) => values[item]),
        );
      }),
    );
  });

  test('an argument is not changed and a second run is the same', () => {
    expect(dryRun(program, 50)).toEqual(dryRun(program, 50));
  });
});

test.each([
  ['full', 100, 1, 1],
  ['sliding:20/10', 100, 9, 9],
  ['sliding:10/5', 100, 19, 19],
  ['sliding:4/2', 100, 49, 49],
  ['sliding:20/10@20', 100, 17, 17],
  ['sliding:20', 100, 9, 9],
  ['sliding', 100, 9, 9],
  ['pointwise', 100, 100, 1],
])('%s over %d: %d calls, %d rounds', (spec, n, calls, rounds) => {
  const run = dryRun(parseProgram(spec), n);
  expect([run.rounds.flat().length, run.rounds.length]).toEqual([calls, rounds]);
});

test('scores are given where all items were on one scale', () => {
  const values = [3, 1, 2];
  expect(dryRun(parseProgram('full'), 3, perfect(values)).final.scores).toEqual(values);
  expect(dryRun(parseProgram('pointwise'), 3, perfect(values)).final).toEqual({
    order: [0, 2, 1],
    scores: values,
  });
  expect(dryRun(parseProgram('sliding:20/10'), 3, perfect(values)).final.scores).toEqual(values);
  expect(dryRun(parseProgram('sliding:2/1'), 3, perfect(values)).final.scores).toBeUndefined();
});

test('pointwise keeps a failed item at its first-stage rank and refuses a comparator without scores', () => {
  const scores = [1, undefined, 3, 2];
  const { final } = dryRun(parseProgram('pointwise'), 4, (group) => {
    const score = scores[group[0]!];
    return score === undefined ? { order: group, failed: true } : { order: group, scores: [score] };
  });
  expect(final).toEqual({ order: [2, 1, 3, 0] });
  expect(() => dryRun(parseProgram('pointwise'), 2, (group) => ({ order: group }))).toThrow(
    expect.objectContaining({ code: 'unsupported' }),
  );
});

test.each([
  ['slidign:20/10', 'unknown-name', 'sliding'],
  ['ful', 'unknown-name', 'full'],
  ['zzzzzzzz', 'unknown-name', 'full, sliding, pointwise'],
  ['', 'unknown-name', 'Known'],
  ['full:3', 'usage', 'full'],
  ['sliding:20/10/5', 'usage', 'WINDOW'],
  ['sliding:a/b', 'usage', 'WINDOW'],
  ['sliding:-4', 'usage', 'WINDOW'],
  ['sliding:', 'usage', 'WINDOW'],
  ['sliding:20/10@', 'usage', 'TOP'],
  ['sliding:20/10@0', 'usage', 'TOP'],
  ['sliding:10/20', 'usage', 'stride'],
  ['sliding:1', 'usage', 'window'],
  ['toString', 'unknown-name', 'Known'],
])('"%s" is refused: %s', (spec, code, hint) => {
  expect(() => parseProgram(spec)).toThrow(
    expect.objectContaining({ code, hint: expect.stringContaining(hint) }),
  );
});

test('every program has a form that it can be asked for by', () => {
  for (const [name, entry] of Object.entries(programs)) {
    expect(entry.form.startsWith(name)).toBe(true);
    expect(parseProgram(name)).toBeTypeOf('function');
  }
});
