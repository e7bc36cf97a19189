import { describe, expect, test } from 'vitest';
import type { Candidates } from '../../src/core/candidates.js';
import { randomStream, shuffle } from '../../src/core/random.js';
import type { Ranking } from '../../src/core/ranking.js';
import { firstComparator } from '../../src/rerank/comparators/first.js';
import { generateComparator } from '../../src/rerank/comparators/generate.js';
import { oracleComparator } from '../../src/rerank/comparators/judged.js';
import { likelihoodComparator } from '../../src/rerank/comparators/likelihood.js';
import { pointwiseComparator } from '../../src/rerank/comparators/pointwise.js';
import { reasonComparator } from '../../src/rerank/comparators/reason.js';
import { plan } from '../../src/rerank/plan.js';
import type { ProgramRun } from '../../src/rerank/program.js';
import { parseProgram } from '../../src/rerank/programs/registry.js';
import { composeReranker } from '../../src/rerank/reranker.js';
import { dryRun } from '../../src/rerank/run-program.js';
import { fakeModel } from '../fixtures/fake-model.js';

const candidates = (n: number, id = 'q'): Candidates => {
  const random = randomStream(1, id);
  return {
    query: { id, text: 'how long do fleas live' },
    items: Array.from({ length: n }, (_, index) => ({
      passage: {
        id: `${id}-${index}`,
        text: Array.from({ length: 20 + random.int(60) }, () => `w${random.int(100)}`).join(' '),
      },
    })),
  };
};

test.each([
  ['full', 100, 1, 1],
  ['sliding:20/10', 100, 9, 9],
  ['sliding:10/5', 100, 19, 19],
  ['pointwise', 100, 100, 1],
  ['full', 0, 0, 0],
  ['sliding:20/10', 21, 2, 2],
])('%s over %d: %d calls in %d rounds, before anything is sent', (program, n, calls, rounds) => {
  const planned = plan({ program, comparator: oracleComparator(new Map()), candidates: candidates(n) });
  expect(planned).toMatchObject({ queries: 1, calls, rounds, exact: { calls: true } });
});

describe.each(['full', 'sliding:20/10', 'sliding:8/4', 'pointwise'])('%s', (program) => {
  const creates =
    program === 'pointwise'
      ? [pointwiseComparator, likelihoodComparator]
      : [firstComparator, generateComparator, pointwiseComparator, likelihoodComparator];
  test.each(creates)('%o: what was planned is what it takes', async (create) => {
    let turn = 0;
    const model = fakeModel({
      // Other orders than any dry run tried.
      nextToken: ({ replies }) => replies.map((_, index) => -((index * 7 + turn++) % 23)),
      generate: ({ messages }) => {
        const labels = [...messages[0]!.content.matchAll(/^(\[\w+\]) /gm)].map(([, label]) => label);
        return shuffle(labels, randomStream(9, messages[0]!.content)).join(' > ');
      },
      likelihood: ({ messages }) => -(messages[0]!.content.length % 17),
    });
    const all = Array.from({ length: 6 }, (_, index) => candidates(50, `q${index}`));
    const planned = plan({
      program,
      comparator: create({ model }),
      candidates: all,
      prices: { input: 2, output: 10 },
    });
    expect(model.seen).toEqual([]);
    const rankings: Ranking[] = [];
    for (const one of all)
      rankings.push(await composeReranker({ program, comparator: create({ model }) }).rerank(one));
    const actual = (of: (usage: (typeof rankings)[number]['usage']) => number) =>
      rankings.reduce((sum, { usage }) => sum + of(usage), 0);
    expect(planned.calls).toBe(actual((usage) => usage.calls));
    expect(planned.rounds).toBe(actual((usage) => usage.rounds) / all.length);
    const tokens = actual((usage) => usage.promptTokens);
    // The stand-in counts no prefilled label tokens as prompt tokens, which the plan does.
    expect(Math.abs(planned.promptTokens - tokens) / tokens).toBeLessThan(0.02);
    if (planned.exact.promptTokens && create !== firstComparator) expect(planned.promptTokens).toBe(tokens);
    expect(planned.outputTokens).toBe(actual((usage) => usage.outputTokens));
    expect(planned.usd).toBeCloseTo((planned.promptTokens * 2 + planned.outputTokens * 10) / 1e6, 4);
    expect(planned.exact).toEqual({ calls: true, promptTokens: !program.startsWith('sliding') });
  });
});

test('a sample stands for more queries', () => {
  const comparator = oracleComparator(new Map());
  expect(
    plan({
      program: 'sliding:20/10',
      comparator,
      candidates: [candidates(100), candidates(40)],
      queries: 200,
    }),
  ).toMatchObject({
    queries: 200,
    calls: 1200,
    rounds: 6,
    exact: { calls: false, promptTokens: false },
  });
  expect(plan({ program: 'full', comparator, candidates: [], queries: 10 })).toMatchObject({ calls: 0 });
});

test('only what is within the depth is counted', () => {
  expect(
    plan({
      program: 'sliding:20/10',
      comparator: oracleComparator(new Map()),
      candidates: candidates(100),
      depth: 20,
    }).calls,
  ).toBe(1);
});

test('a program whose calls hang on outcomes is said to be no exact plan', () => {
  const adaptive = function* (n: number): ProgramRun {
    const items = Array.from({ length: n }, (_, index) => index);
    const [outcome] = yield [items];
    if (outcome!.order[0] !== 0) yield [items];
    return { order: items };
  };
  expect(
    plan({ program: adaptive, comparator: oracleComparator(new Map()), candidates: candidates(20) }).exact,
  ).toEqual({ calls: false, promptTokens: false });
  // Nor is a bound, where it states none.
  expect(
    plan({ program: adaptive, comparator: oracleComparator(new Map()), candidates: candidates(20) }).most,
  ).toBeUndefined();
});

describe('the most that it takes', () => {
  const all = [candidates(31, 'a'), candidates(44, 'b'), candidates(3, 'c')];
  const prices = { input: 2, output: 10 };
  const turned = (replies: readonly string[]) => replies.map((_, index) => index);
  const model = fakeModel({
    // The last shown is always the best, which most programs are asked the most by.
    nextToken: ({ replies }) => turned(replies),
    generate: ({ messages }) => {
      const labels = [...messages[0]!.content.matchAll(/^(\[\w+\]) /gm)].map(([, label]) => label);
      return labels.reverse().join(' > ');
    },
    likelihood: ({ messages }) => messages[0]!.content.length % 17,
  });

  test.each(['full', 'pointwise'])('%s: is the plan itself, which is exact', (program) => {
    const comparator = likelihoodComparator({ model });
    const { most, ...planned } = plan({ program, comparator, candidates: all, prices });
    expect(planned).toMatchObject({ ...most });
  });

  const programs = [
    'sliding:8/4',
    'tdpart:6',
    'setwise-heap:5@4',
    'setwise-bubble:5@3',
    'swiss:4@3',
    'adaptive:8@4',
  ];
  test.each(
    programs.flatMap((program) =>
      [firstComparator, generateComparator, likelihoodComparator].map((create) => ({ program, create })),
    ),
  )('$program, $create.name: neither the plan nor a run takes more', async ({ program, create }) => {
    const { most, ...planned } = plan({ program, comparator: create({ model }), candidates: all, prices });
    for (const field of ['calls', 'rounds', 'promptTokens', 'outputTokens', 'usd'] as const)
      expect(planned[field]).toBeLessThanOrEqual(most![field]);
    let [calls, rounds, promptTokens] = [0, 0, 0];
    for (const one of all) {
      const { usage } = await composeReranker({ program, comparator: create({ model }) }).rerank(one);
      calls += usage.calls;
      rounds += usage.rounds;
      promptTokens += usage.promptTokens;
    }
    expect(calls).toBeLessThanOrEqual(most!.calls);
    expect(rounds / all.length).toBeLessThanOrEqual(most!.rounds);
    expect(promptTokens).toBeLessThanOrEqual(most!.promptTokens);
    // One that is at odds with itself comes near it.
    if (create !== likelihoodComparator) expect(most!.promptTokens).toBeLessThan(4 * promptTokens);
    if (program.startsWith('tdpart') && create !== likelihoodComparator) {
      expect({ calls, rounds: rounds / all.length }).toEqual({ calls: most!.calls, rounds: most!.rounds });
    }
  });

  test('what comparisons share is in it once for every size of group that may come up', () => {
    const comparator = {
      cost: () => ({ calls: 1, promptTokens: 10, outputTokens: 0 }),
      sharedCosts: (_: unknown, { length }: { readonly length: number }) =>
        length < 2
          ? []
          : [
              {
                key: `${length}`,
                among: 'all' as const,
                cost: () => ({ calls: 5, promptTokens: 0, outputTokens: 0 }),
              },
            ],
    };
    const both = [candidates(100, 'a'), candidates(100, 'b')];
    // 31 windows a query where all beat every pivot, and windows of 2 to 20.
    expect(plan({ program: 'tdpart', comparator, candidates: both }).most).toMatchObject({
      calls: 2 * 31 + 19 * 5,
      rounds: 17,
    });
  });
});

test('what all queries share is there once, however many a sample stands for', () => {
  const comparator = {
    cost: () => ({ calls: 1, promptTokens: 10, outputTokens: 0 }),
    sharedCosts: ({ id }: { id: string }) => [
      { key: 'all', among: 'all' as const, cost: () => ({ calls: 5, promptTokens: 500, outputTokens: 0 }) },
      { key: id, among: 'query' as const, cost: () => ({ calls: 2, promptTokens: 40, outputTokens: 0 }) },
    ],
  };
  const asked = {
    program: 'sliding:20/10',
    comparator,
    candidates: [candidates(100, 'a'), candidates(100, 'b')],
  };
  // 9 windows a query, 2 calls a query and 5 in all.
  expect(plan(asked)).toMatchObject({ calls: 2 * (9 + 2) + 5, promptTokens: 2 * (90 + 40) + 500 });
  expect(plan({ ...asked, queries: 100 })).toMatchObject({
    calls: 100 * (9 + 2) + 5,
    promptTokens: 100 * (90 + 40) + 500,
    exact: { calls: false },
  });
  expect(plan({ ...asked, queries: 0 })).toMatchObject({ calls: 0, promptTokens: 0 });
});

test('the room for thinking is planned as the most that can be written, and is', async () => {
  const model = fakeModel({
    generate: ({ messages }) => {
      const labels = [...messages.at(-1)!.content.matchAll(/^(\[\w+\]) /gm)].map(([, label]) => label);
      return `<think>${'so it goes '.repeat(60)}</think>\n${labels.join(' > ')}`;
    },
  });
  const comparator = reasonComparator({ model, thinkingTokens: 256 });
  const planned = plan({ program: 'sliding:20/10', comparator, candidates: candidates(40) });
  const { usage } = await composeReranker({ program: 'sliding:20/10', comparator }).rerank(candidates(40));
  expect(planned).toMatchObject({ calls: usage.calls, atMost: { outputTokens: true } });
  expect(usage.outputTokens).toBeLessThanOrEqual(planned.outputTokens);
  expect(planned.outputTokens).toBeGreaterThan(256 * usage.calls);
  expect(
    plan({ program: 'full', comparator: generateComparator({ model }), candidates: candidates(3) }).atMost,
  ).toEqual({
    outputTokens: false,
  });
});

describe('at depth 100,000', () => {
  const n = 100_000;
  test.each([
    'pairwise-all',
    'pairwise-all:2',
    'blocks:20/999999999',
    'groupwise:20/999999999',
    'tournament:20/999999999',
    'sliding:2/1@50',
  ])('%s compares too often: refused before it is listed', (program) => {
    const before = process.memoryUsage().heapUsed;
    expect(() => dryRun(parseProgram(program), n)).toThrow(
      expect.objectContaining({ code: 'usage', message: expect.stringContaining('comparisons') }),
    );
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(1e9);
  });

  test.each(['full', 'pointwise', 'sliding:20/10', 'tdpart', 'groupwise', 'setwise-heap'])(
    '%s is within the limit',
    (program) => {
      const { final } = dryRun(parseProgram(program), n);
      expect(new Set(final.order).size).toBe(n);
    },
  );

  test('every pair of a thousand is within it, and no ranking of more is begun', async () => {
    expect(dryRun(parseProgram('pairwise-all'), 1000).rounds[0]).toHaveLength(499_500);
    const reranker = composeReranker({ program: 'pairwise-all', comparator: oracleComparator(new Map()) });
    await expect(reranker.rerank(candidates(1100))).rejects.toMatchObject({ code: 'usage' });
  });
});
