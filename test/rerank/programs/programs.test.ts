import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { orderByScore } from '../../../src/core/vectors.js';
import { borda } from '../../../src/rerank/aggregate/borda.js';
import type { Group, Outcome, Program } from '../../../src/rerank/program.js';
import { parseProgram, programs } from '../../../src/rerank/programs/registry.js';
import { dryRun } from '../../../src/rerank/run-program.js';
import { selfConsistent } from '../../../src/rerank/self-consistency/self-consistent.js';
import { bestOnly, failing, noisy, ordersOnly, perfect, probabilities } from './answers.js';

interface Contract {
  readonly spec: string;
  /** How many first ranks a perfect comparator settles. */
  readonly settles: number;
  /** The most items that one comparison sees. */
  readonly group: number;
  /** Each item is in one group of a round at most. */
  readonly apart?: true;
  /** A comparator that keeps every order shown, and a comparator that fails, leave first-stage order. */
  readonly keeps?: true;
}

const all = Number.POSITIVE_INFINITY;
const contracts: Contract[] = [
  { spec: 'full', settles: all, group: all, apart: true, keeps: true },
  { spec: 'pointwise', settles: all, group: 1, apart: true, keeps: true },
  { spec: 'sliding:20/10', settles: 10, group: 20, apart: true, keeps: true },
  { spec: 'sliding:20/10@35', settles: 35, group: 20, apart: true, keeps: true },
  { spec: 'sliding:4/2', settles: 2, group: 4, apart: true, keeps: true },
  { spec: 'sliding:3/1@5', settles: 5, group: 3, apart: true, keeps: true },
  { spec: 'sliding:2/2', settles: 0, group: 2, apart: true, keeps: true },
  { spec: 'tdpart', settles: 10, group: 20, keeps: true },
  { spec: 'tdpart:20@3', settles: 3, group: 20, keeps: true },
  { spec: 'tdpart:6/2@15', settles: 15, group: 6, keeps: true },
  { spec: 'tdpart:2/1', settles: 1, group: 2, keeps: true },
  { spec: 'tdpart:5/5', settles: 5, group: 5, keeps: true },
  { spec: 'tournament', settles: 1, group: 20, apart: true, keeps: true },
  { spec: 'tournament:4@8', settles: 1, group: 4, apart: true, keeps: true },
  { spec: 'tournament:2', settles: 1, group: 2, apart: true, keeps: true },
  { spec: 'tournament:10/3', settles: 1, group: 10 },
  { spec: 'blocks', settles: 0, group: 20 },
  { spec: 'blocks:5/3/borda', settles: 0, group: 5 },
  { spec: 'blocks:5/3/win-rate', settles: 0, group: 5 },
  { spec: 'blocks:2/3/plackett-luce', settles: 0, group: 2 },
  { spec: 'groupwise', settles: all, group: 20, apart: true, keeps: true },
  { spec: 'groupwise:7/3', settles: all, group: 7, keeps: true },
  { spec: 'groupwise:1', settles: all, group: 1, apart: true, keeps: true },
  { spec: 'adaptive', settles: 10, group: 20, apart: true },
  { spec: 'adaptive:5/3@4', settles: 4, group: 5, apart: true },
  { spec: 'swiss', settles: 0, group: 2, apart: true },
  { spec: 'swiss@5', settles: 0, group: 2, apart: true },
  { spec: 'swiss:5/4', settles: 0, group: 5, apart: true },
  { spec: 'setwise-heap', settles: 10, group: 20, apart: true, keeps: true },
  { spec: 'setwise-heap:3@4', settles: 4, group: 4, apart: true, keeps: true },
  { spec: 'setwise-bubble', settles: 10, group: 20, apart: true, keeps: true },
  { spec: 'setwise-bubble:3@4', settles: 4, group: 4, apart: true, keeps: true },
  { spec: 'setwise-bubble:1@2', settles: 2, group: 2, apart: true, keeps: true },
  { spec: 'pairwise-all', settles: all, group: 2, keeps: true },
  { spec: 'pairwise-heap', settles: 10, group: 2, apart: true, keeps: true },
  { spec: 'pairwise-heap:2@3', settles: 3, group: 2, keeps: true },
  { spec: 'pairwise-bubble@6', settles: 6, group: 2, apart: true, keeps: true },
];

const firstStage = (n: number): number[] => Array.from({ length: n }, (_, item) => item);
const isPermutation = (order: readonly number[], n: number) =>
  expect([...order].sort((a, b) => a - b)).toEqual(firstStage(n));
const lists = (max: number, most = 80) => fc.array(fc.integer({ min: 0, max }), { maxLength: most });
const runs = { numRuns: 30 };

test('every program of the registry is under contract', () => {
  const named = new Set(contracts.map(({ spec }) => spec.split(/[:@]/)[0]));
  expect([...named].sort()).toEqual(Object.keys(programs).sort());
});

describe.each(contracts)('$spec', ({ spec, settles, group: largest, apart, keeps }) => {
  const program: Program = parseProgram(spec);

  test.each([0, 1, 2])('%d items', (n) => {
    const { rounds, final } = dryRun(program, n);
    expect(final.order).toEqual(firstStage(n));
    const scoresOne = spec === 'pointwise';
    expect(rounds.length > 0).toBe(n === 2 || (scoresOne && n === 1));
    if (n === 2) {
      const turned = dryRun(program, 2, perfect([0, 1])).final;
      expect(turned.order).toEqual([1, 0]);
    }
  });

  test('groups hold each item once and no more than they may; rounds are never empty', () => {
    fc.assert(
      fc.property(lists(9, 130), (values) => {
        const { rounds, final } = dryRun(program, values.length, perfect(values));
        isPermutation(final.order, values.length);
        for (const round of rounds) {
          expect(round.length).toBeGreaterThan(0);
          for (const group of round) {
            expect(new Set(group).size).toBe(group.length);
            expect(group.length).toBeLessThanOrEqual(largest);
            expect(group.length).toBeGreaterThanOrEqual(Math.min(2, largest));
            expect(group.every((item) => item >= 0 && item < values.length)).toBe(true);
          }
          if (apart) expect(new Set(round.flat()).size).toBe(round.flat().length);
        }
      }),
      runs,
    );
  });

  test('any outcomes, failed ones among them, leave a permutation', () => {
    fc.assert(
      fc.property(lists(3), fc.nat(100), (values, seed) => {
        for (const answer of [
          noisy(values, 2, seed),
          failing(noisy(values, 2, seed), 2),
          failing(perfect(values), 5),
        ])
          isPermutation(dryRun(program, values.length, answer).final.order, values.length);
      }),
      runs,
    );
  });

  test.skipIf(!keeps)('comparisons that keep the order, or failed, change nothing', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 130 }), (n) => {
        expect(dryRun(program, n).final.order).toEqual(firstStage(n));
        const { order } = dryRun(program, n, (group) => ({ order: group, failed: true })).final;
        expect(order).toEqual(firstStage(n));
      }),
      runs,
    );
  });

  test('where every comparison failed nothing is known, and first-stage order stays', () => {
    // More tournaments than one draw their groups at random, and who goes on hangs on it.
    if (spec === 'tournament:10/3') return;
    for (const n of [3, 20, 57, 100]) {
      const { order, scores } = dryRun(program, n, (group) => ({ order: group, failed: true })).final;
      expect(order).toEqual(firstStage(n));
      expect(scores ?? []).not.toContain(Number.NaN);
    }
  });

  test.skipIf(settles === 0)('a perfect comparator settles the first ranks, ties or not', () => {
    for (const max of [3, 1000]) {
      fc.assert(
        fc.property(lists(max, 120), (values) => {
          const { order } = dryRun(program, values.length, perfect(values)).final;
          const found = order.slice(0, settles).map((item) => values[item]!);
          expect(found).toEqual([...values].sort((a, b) => b - a).slice(0, settles));
        }),
        runs,
      );
    }
  });

  test('a seed repeats a run', () => {
    const values = firstStage(57).map((item) => (item * 31) % 57);
    const run = (seed: number) => dryRun(parseProgram(spec, { seed }), 57, noisy(values, 9, 4));
    expect(run(3)).toEqual(run(3));
    expect(dryRun(parseProgram(spec), 57, perfect(values))).toEqual(
      dryRun(parseProgram(spec, { seed: 0 }), 57, perfect(values)),
    );
  });
});

test.each(['swiss', 'swiss@1', 'swiss@5'])('%s: who beats all comes out first', (spec) => {
  const distinct = fc.uniqueArray(fc.integer({ min: 0, max: 999 }), { minLength: 1, maxLength: 70 });
  fc.assert(
    fc.property(distinct, (values) => {
      const { order } = dryRun(parseProgram(spec), values.length, perfect(values)).final;
      expect(values[order[0]!]).toBe(Math.max(...values));
    }),
  );
});

test.each(['blocks:10/2', 'groupwise:10/2', 'tournament:10/2', 'adaptive:10'])(
  '%s draws other groups for another seed',
  (spec) => {
    const values = firstStage(40).map((item) => (item * 17) % 40);
    const groups = (seed: number) => dryRun(parseProgram(spec, { seed }), 40, noisy(values, 5, 1)).rounds;
    expect(groups(1)).not.toEqual(groups(2));
  },
);

describe('calls and rounds of 100', () => {
  const falling = firstStage(100).map((item) => -item);
  test.each([
    ['full', 1, 1],
    ['sliding:20/10', 9, 9],
    ['sliding:10/5', 19, 19],
    ['sliding:4/2', 49, 49],
    ['sliding:20/10@20', 17, 17],
    ['sliding:20', 9, 9],
    ['sliding', 9, 9],
    ['pointwise', 100, 1],
    // 1 + ⌈80 / 19⌉ where nothing beats the pivot.
    ['tdpart', 6, 2],
    ['tdpart:10', 11, 2],
    ['tdpart:20@20', 11, 4],
    ['tournament', 13, 5],
    ['tournament:20/2', 26, 5],
    ['tournament@10', 11, 3],
    ['tournament@1', 14, 6],
    ['blocks', 20, 1],
    ['blocks:10/2', 20, 1],
    ['blocks:20/2/borda', 10, 1],
    ['blocks:100', 1, 1],
    ['groupwise', 5, 1],
    ['groupwise:30/2', 8, 1],
    // 5 groups, and the first 20 again.
    ['adaptive', 6, 2],
    ['swiss', 350, 7],
    ['swiss:20', 15, 3],
    // Six nodes have children, and nothing sinks; then at most two calls a rank.
    ['setwise-heap:99@1', 1, 1],
    ['setwise-bubble:19@1', 6, 6],
    ['pairwise-bubble@1', 99, 99],
    ['pairwise-all', 4950, 1],
    ['pairwise-all:2', 9900, 1],
  ])('%s: %d calls, %d rounds', (spec, calls, rounds) => {
    const run = dryRun(parseProgram(spec), 100, perfect(falling));
    expect([run.rounds.flat().length, run.rounds.length]).toEqual([calls, rounds]);
  });
});

describe('calls never pass their formula', () => {
  const sum = (ranks: number, of: (rank: number) => number) =>
    firstStage(ranks).reduce((total, index) => total + of(index + 1), 0);
  const levels = (n: number, children: number) => {
    let depth = 0;
    for (let position = n - 1; position > 0; position = Math.floor((position - 1) / children)) depth++;
    return depth;
  };
  test.each<[string, (n: number) => number]>([
    ['blocks:7/3', (n) => (n < 2 ? 0 : n <= 7 ? 1 : 3 * Math.ceil(n / 7))],
    ['groupwise:7/3', (n) => (n < 2 ? 0 : 3 * Math.ceil(n / 7))],
    ['pairwise-all', (n) => (n * (n - 1)) / 2],
    ['swiss', (n) => (n < 2 ? 0 : Math.ceil(Math.log2(n)) * Math.ceil(n / 2))],
    ['setwise-bubble:3@4', (n) => sum(Math.min(4, n), (rank) => Math.ceil((n - rank) / 3))],
    ['pairwise-bubble@6', (n) => sum(Math.min(6, n), (rank) => n - rank)],
    // Floyd's bound for building, one path a rank after the first.
    ['setwise-heap:3@4', (n) => n + 3 * levels(n, 3)],
    ['pairwise-heap@4', (n) => 2 * n + 2 * 3 * levels(n, 2)],
    ['adaptive:5/3@4', (n) => (n < 2 ? 0 : 3 * Math.ceil(n / 5))],
  ])('%s', (spec, most) => {
    fc.assert(
      fc.property(lists(1000, 90), (values) => {
        const { rounds } = dryRun(parseProgram(spec), values.length, perfect(values));
        expect(rounds.flat().length).toBeLessThanOrEqual(most(values.length));
      }),
      runs,
    );
  });

  test.each([
    'sliding:10/5',
    'tdpart:10',
    'setwise-heap:5',
    'setwise-bubble:5',
    'pairwise-heap',
    'pairwise-bubble',
    'adaptive:10',
    'swiss',
  ])('%s: fewer ranks take no more calls', (program) => {
    const values = firstStage(90).map((item) => (item * 53) % 90);
    const calls = [3, 8, 20, 60].map(
      (top) => dryRun(parseProgram(`${program}@${top}`), 90, perfect(values)).rounds.flat().length,
    );
    expect(calls).toEqual([...calls].sort((a, b) => a - b));
    expect(calls[0]).toBeLessThan(calls.at(-1)!);
  });
});

describe('the most that a program takes', () => {
  /** Comparators that are out to be asked often. */
  const adversaries = (n: number, seed: number): ((group: Group) => Outcome)[] => {
    const rising = firstStage(n);
    const random = noisy(new Array<number>(n).fill(0), 1, seed);
    return [
      random,
      failing(random, 2),
      failing(random, 7),
      perfect(rising),
      ordersOnly(rising),
      failing(perfect(rising), 3),
      perfect(rising.map((item) => (item * 37 + seed) % n)),
      // All ties, all failed, all turned round, and by a relation that goes round in a circle.
      (group) => ({ order: group, scores: group.map(() => 0) }),
      (group) => ({ order: group, failed: true }),
      (group) => ({ order: [...group].reverse(), scores: [...group.keys()] }),
      (group) => {
        const turn = (item: number) => (item + group[0]! * 7 + seed) % n;
        return { order: [...group].sort((a, b) => turn(b) - turn(a)) };
      },
    ];
  };
  const taken = (program: Program, n: number, answer: (group: Group) => Outcome) => {
    const { rounds } = dryRun(program, n, answer);
    return {
      comparisons: rounds.flat().length,
      rounds: rounds.filter((round) => round.length > 0).length,
      group: Math.max(0, ...rounds.flat().map(({ length }) => length)),
    };
  };
  const boundOf = (program: Program, n: number) =>
    program.most ? program.most(n) : taken(program, n, perfect(firstStage(n)));
  const needsScores = (spec: string) => /^(groupwise|pointwise)/.test(spec);
  const specs = [
    ...contracts.map(({ spec }) => spec),
    ...['tdpart:7/7@9', 'tdpart:2/2', 'tdpart:9/1@30', 'adaptive:2/5@1', 'adaptive:3/1', 'adaptive:4/6@30'],
    ...['swiss:3/5@2', 'swiss:2/9@1', 'setwise-heap:2@99', 'setwise-heap:7@1', 'setwise-bubble:5@99'],
    ...['pairwise-heap:2@99', 'pairwise-bubble:2@99'],
  ];
  const shuffled = [
    'sliding:4/2',
    'tdpart:6/2@15',
    'setwise-heap:3@4',
    'pairwise-bubble@6',
    'adaptive:5/3@4',
  ];
  const all = [
    ...specs.map((spec) => ({ name: spec, spec, program: parseProgram(spec) })),
    ...shuffled.map((spec) => ({
      name: `${spec}, three shuffles`,
      spec,
      program: selfConsistent(parseProgram(spec), { shuffles: 3, aggregate: borda }),
    })),
  ];

  test.each(all)('$name: no run takes more', ({ spec, program }) => {
    fc.assert(
      fc.property(fc.nat(45), fc.nat(1000), (n, seed) => {
        const most = boundOf(program, n);
        for (const answer of adversaries(n, seed)) {
          const scored = (group: Group) => ({ scores: group.map(() => 0), ...answer(group) });
          const run = taken(program, n, needsScores(spec) ? scored : answer);
          if (!program.most) expect(run).toEqual(most);
          expect(run.comparisons).toBeLessThanOrEqual(most.comparisons);
          expect(run.rounds).toBeLessThanOrEqual(most.rounds);
          expect(run.group).toBeLessThanOrEqual(most.group);
        }
      }),
      { numRuns: 8 },
    );
  });

  test.each(all.filter(({ program }) => program.most))(
    '$name: some run takes half of it and more',
    ({ program }) => {
      for (const n of [2, 3, 12, 47]) {
        const most = boundOf(program, n);
        const runs = adversaries(n, 1).map((answer) => taken(program, n, answer));
        const highest = (of: (run: ReturnType<typeof taken>) => number) => Math.max(...runs.map(of));
        expect(highest((run) => run.comparisons)).toBeGreaterThanOrEqual(most.comparisons / 2);
        expect(highest((run) => run.rounds)).toBeGreaterThanOrEqual(most.rounds / 2);
        expect(highest((run) => run.group)).toBeGreaterThanOrEqual(most.group / 2);
      }
    },
  );

  test.each([
    // Reached: all beat every pivot, or every comparison fails.
    ['tdpart', 100, 31, 17],
    ['setwise-bubble', 100, 54, 54],
    ['pairwise-bubble', 100, 945, 945],
    ['swiss@5', 100, 350, 7],
  ])('%s of %i: %i comparisons, %i rounds', (spec, n, comparisons, rounds) => {
    expect(parseProgram(spec).most!(n)).toMatchObject({ comparisons, rounds });
    const runs = adversaries(n, 1).map((answer) => taken(parseProgram(spec), n, answer));
    expect(Math.max(...runs.map((run) => run.comparisons))).toBe(comparisons);
    expect(Math.max(...runs.map((run) => run.rounds))).toBe(rounds);
  });

  test('it is told at once for a hundred thousand', () => {
    for (const spec of ['tdpart:2/1@100000', 'setwise-heap@100000', 'pairwise-bubble@100000', 'adaptive'])
      expect(parseProgram(spec).most!(100_000).comparisons).toBeGreaterThan(5000);
  });
});

describe('what a comparator tells', () => {
  const values = fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 60 });
  test.each(['setwise-heap:4@7', 'setwise-bubble:4@7'])('%s needs the best alone', (spec) => {
    fc.assert(
      fc.property(values, (given) => {
        const { order } = dryRun(parseProgram(spec), given.length, bestOnly(given)).final;
        expect(order.slice(0, 7).map((item) => given[item])).toEqual(
          [...given].sort((a, b) => b - a).slice(0, 7),
        );
      }),
      runs,
    );
  });

  test.each([
    ['pairwise-all', all],
    ['pairwise-heap@7', 7],
    ['pairwise-heap:2@7', 7],
    ['pairwise-bubble@7', 7],
  ])('%s reads probabilities, and breaks ties by first stage', (spec, top) => {
    fc.assert(
      fc.property(values, (given) => {
        const { order } = dryRun(parseProgram(spec), given.length, probabilities(given)).final;
        expect(order.slice(0, top)).toEqual(
          firstStage(given.length)
            .sort((a, b) => given[b]! - given[a]! || a - b)
            .slice(0, top),
        );
      }),
      runs,
    );
  });

  test('two orders cancel a preference for the place', () => {
    // Whoever is shown second wins: in both orders that is a tie, and first-stage order stays.
    const last = (group: readonly number[]) => ({ order: [...group].reverse() });
    for (const spec of ['pairwise-all:2', 'pairwise-heap:2', 'pairwise-bubble:2'])
      expect(dryRun(parseProgram(spec), 15, last).final.order).toEqual(firstStage(15));
    expect(dryRun(parseProgram('pairwise-all:1'), 15, last).final.order).toEqual(firstStage(15).reverse());
  });

  test.each(['groupwise', 'pointwise'])('%s refuses a comparator without scores', (spec) => {
    expect(() => dryRun(parseProgram(spec), 5, ordersOnly([1, 2, 3, 4, 5]))).toThrow(
      expect.objectContaining({ code: 'unsupported' }),
    );
  });

  test('adaptive makes do with orders', () => {
    const given = firstStage(100).map((item) => (item * 37) % 100);
    const { order } = dryRun(parseProgram('adaptive'), 100, ordersOnly(given)).final;
    expect(order.slice(0, 3).map((item) => given[item])).toEqual([99, 98, 97]);
  });

  test('adaptive takes scores that hang on the group', () => {
    // As log-probabilities do: what the group as a whole holds is taken off.
    const given = firstStage(100).map((item) => (item * 37) % 100);
    const relative = (group: readonly number[]) => {
      const scores = group.map((item) => given[item]! - Math.max(...group.map((other) => given[other]!)));
      return { order: perfect(given)(group).order, scores };
    };
    const { order } = dryRun(parseProgram('adaptive'), 100, relative).final;
    const found = new Set(order.slice(0, 10).map((item) => given[item]!));
    expect([99, 98, 97, 96, 95].every((value) => found.has(value))).toBe(true);
  });

  test('adaptive goes by ranks where some groups have no scores, which are on another scale', () => {
    const given = Array.from({ length: 40 }, (_, item) => -1 - ((item * 17) % 40));
    // As log-probabilities are, below 0; one label of a group was not among the model's top tokens.
    const someUnseen = (group: Group): Outcome =>
      group.includes(0) ? ordersOnly(given)(group) : perfect(given)(group);
    const { order } = dryRun(parseProgram('adaptive:20@5'), 40, someUnseen).final;
    expect(order.slice(0, 3)).toEqual(orderByScore(given).slice(0, 3));
  });

  test.each([3, 5, 9])('adaptive asks nothing of one item alone, of %i', (n) => {
    const given = Array.from({ length: n }, (_, item) => -item);
    const alone = (group: Group): Outcome =>
      group.length < 2 ? ordersOnly(given)(group) : perfect(given)(group);
    const { rounds, final } = dryRun(parseProgram('adaptive:2/3@1'), n, alone);
    expect(rounds.flat().filter((group) => group.length < 2)).toEqual([]);
    expect(final.order[0]).toBe(0);
  });

  test('swiss leaves who met nobody where it stood', () => {
    for (let n = 0; n < 40; n++) {
      const { order } = dryRun(parseProgram('swiss'), n).final;
      expect(order).toEqual([...order.keys()]);
    }
  });

  test('adaptive asks more of a comparator that errs more, and no more than it may', () => {
    const given = firstStage(100).map((item) => (item * 37) % 100);
    const calls = [0, 3, 30].map(
      (deviation) => dryRun(parseProgram('adaptive'), 100, noisy(given, deviation)).rounds.flat().length,
    );
    expect(calls[0]).toBe(6);
    expect(calls[1]).toBeGreaterThan(calls[0]!);
    expect(calls[2]).toBeGreaterThan(calls[1]!);
    expect(calls[2]).toBeLessThanOrEqual(30);
  });
});

test('scores are given where all items were on one scale', () => {
  const values = [3, 1, 2];
  for (const spec of ['full', 'sliding:20/10', 'groupwise', 'groupwise:2/2', 'adaptive', 'blocks'])
    expect(dryRun(parseProgram(spec), 3, perfect(values)).final).toEqual({
      order: [0, 2, 1],
      scores: values,
    });
  expect(dryRun(parseProgram('pairwise-all'), 3, perfect(values)).final.scores).toEqual([1, 0, 0.5]);
  expect(dryRun(parseProgram('sliding:2/1'), 3, perfect(values)).final.scores).toBeUndefined();
  expect(dryRun(parseProgram('tdpart:2/1'), 3, perfect(values)).final.scores).toBeUndefined();
});

test('pointwise keeps a failed item at its first-stage rank', () => {
  const scores = [1, undefined, 3, 2];
  const { final } = dryRun(parseProgram('pointwise'), 4, (group) => {
    const score = scores[group[0]!];
    return score === undefined ? { order: group, failed: true } : { order: group, scores: [score] };
  });
  expect(final).toEqual({ order: [2, 1, 3, 0] });
});

test.each(['groupwise:2', 'pairwise-all'])('%s leaves out what failed', (spec) => {
  const values = [1, 4, 2, 3];
  const { order, scores } = dryRun(parseProgram(spec), 4, (group) =>
    group.includes(1) ? { order: group, scores: group.map(() => 9), failed: true } : perfect(values)(group),
  ).final;
  // Nothing was heard of item 1, which keeps its rank.
  expect(order[1]).toBe(1);
  expect(scores).toBeUndefined();
});

test.each([
  ['slidign:20/10', 'unknown-name', 'sliding'],
  ['ful', 'unknown-name', 'full'],
  ['zzzzzzzz', 'unknown-name', 'full, sliding, pointwise'],
  ['setwise', 'unknown-name', 'Known'],
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
  ['sliding:20/borda', 'usage', 'WINDOW'],
  ['tdpart:1', 'usage', '2'],
  ['tdpart:10/11', 'usage', '1 to 10'],
  ['blocks:1', 'usage', '2'],
  ['blocks:20/4/bordo', 'usage', 'borda'],
  ['blocks:borda/20', 'usage', 'borda'],
  ['blocks:20/4/2', 'usage', 'REPLICAS'],
  ['tournament:1', 'usage', '2'],
  ['swiss:1', 'usage', '2'],
  ['setwise-heap:1', 'usage', '2'],
  ['pairwise-heap:3', 'usage', '1 to 2'],
  ['adaptive:1', 'usage', '2'],
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
    expect(parseProgram(`${name}@5`)).toBeTypeOf('function');
  }
  expect(parseProgram('blocks:borda')).toBeTypeOf('function');
  expect(parseProgram('blocks:20/2/plackett-luce@10')).toBeTypeOf('function');
});
