import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Candidates } from '../../src/core/candidates.js';
import { type ErrorCode, RankforgeError } from '../../src/core/errors.js';
import type { Progress } from '../../src/core/progress.js';
import { noUsage } from '../../src/core/usage.js';
import { createLimits } from '../../src/models/door/limits.js';
import type { Comparator } from '../../src/rerank/comparator.js';
import { firstComparator } from '../../src/rerank/comparators/first.js';
import { generateComparator } from '../../src/rerank/comparators/generate.js';
import { noisyComparator, oracleComparator } from '../../src/rerank/comparators/judged.js';
import { likelihoodComparator } from '../../src/rerank/comparators/likelihood.js';
import { pairwiseComparator } from '../../src/rerank/comparators/pairwise.js';
import { pointwiseComparator } from '../../src/rerank/comparators/pointwise.js';
import { pointwise } from '../../src/rerank/programs/pointwise.js';
import { rerankRun } from '../../src/rerank/rerank-run.js';
import { composeReranker } from '../../src/rerank/reranker.js';
import { fakeModel } from '../fixtures/fake-model.js';
import { collect } from './collect.js';

const candidates = (n: number, queryId = 'q'): Candidates => ({
  query: { id: queryId, text: 'which flea' },
  items: Array.from({ length: n }, (_, index) => ({
    passage: { id: `p${index}`, text: `text ${index}` },
    score: n - index,
  })),
});
const ids = ({ items }: { items: readonly { id: string }[] }) => items.map(({ id }) => id);

/** Reverses each group, or does what the test says. */
const comparator = (
  compare: (attempt: number, ids: string[]) => readonly number[] | Promise<readonly number[]>,
): Comparator => ({
  name: 'test',
  absolute: false,
  compare: async (_, passages, { attempt = 0 } = {}) => ({
    order: await compare(
      attempt,
      passages.map(({ id }) => id),
    ),
    usage: { ...noUsage, calls: 1, promptTokens: 7 },
    warnings: [],
  }),
  cost: () => ({ calls: 1, promptTokens: 7, outputTokens: 0 }),
  async [Symbol.asyncDispose]() {},
});
const reverse = comparator((_, group) => group.map((_, index) => group.length - 1 - index));
const failing = (code: ErrorCode, retryable = false) =>
  comparator(() => {
    throw new RankforgeError(code, 'no', { hint: 'Wait.', retryable });
  });

test('usage and rounds add up, and ranks count from 1', async () => {
  const ranking = await composeReranker({ program: 'sliding:4/2', comparator: reverse }).rerank(
    candidates(8),
  );
  expect(ranking.usage).toEqual({ ...noUsage, calls: 3, promptTokens: 21, rounds: 3 });
  expect(ranking.items.map(({ rank }) => rank)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(ranking.provenance?.packageVersion).toMatch(/^\d+\.\d+/);
});

test('0, 1 and 2 candidates', async () => {
  const reranker = composeReranker({ program: 'full', comparator: reverse });
  expect(await reranker.rerank(candidates(0))).toMatchObject({ items: [], usage: { calls: 0, rounds: 0 } });
  expect(await reranker.rerank(candidates(1))).toMatchObject({
    items: [{ id: 'p0', rank: 1, score: 1 }],
    usage: { calls: 0 },
  });
  expect(ids(await reranker.rerank(candidates(2)))).toEqual(['p1', 'p0']);
});

test('items below the depth keep their order below, and scores go on falling', async () => {
  const qrels = new Map([
    [
      'q',
      new Map([
        ['p1', 3],
        ['p2', 1],
        ['p5', 3],
      ]),
    ],
  ]);
  const ranking = await composeReranker({
    program: 'full',
    comparator: oracleComparator(qrels),
    depth: 3,
  }).rerank(candidates(6));
  expect(ids(ranking)).toEqual(['p1', 'p2', 'p0', 'p3', 'p4', 'p5']);
  expect(ranking.items.map(({ score }) => score)).toEqual([3, 1, 0, -1, -2, -3]);
  const sliding = await composeReranker({
    program: 'sliding:2/1',
    comparator: oracleComparator(qrels),
    depth: 3,
  }).rerank(candidates(6));
  expect(sliding.items.map(({ score }) => score)).toEqual([6, 5, 4, 3, 2, 1]);
});

test('every candidate comes out once, and scores never rise', async () => {
  const shape = fc.record({
    n: fc.nat(60),
    depth: fc.nat(70),
    sd: fc.constantFrom(0, 1),
    program: fc.constantFrom('full', 'sliding:5/2', 'pointwise', 'sliding:3/3'),
  });
  const qrels = new Map([
    ['q', new Map(Array.from({ length: 60 }, (_, index) => [`p${index}`, (index * 7) % 4] as const))],
  ]);
  await fc.assert(
    fc.asyncProperty(shape, async ({ n, depth, sd, program }) => {
      const { items } = await composeReranker({
        program,
        depth,
        comparator: noisyComparator(qrels, sd),
      }).rerank(candidates(n));
      expect(items.map(({ id }) => id).sort()).toEqual(
        ids({ items: candidates(n).items.map(({ passage }) => passage) }).sort(),
      );
      for (let i = 1; i < items.length; i++) expect(items[i]!.score).toBeLessThanOrEqual(items[i - 1]!.score);
    }),
  );
});

test('duplicate ids are refused before anything is sent; equal and empty texts are fine', async () => {
  const model = fakeModel();
  const reranker = composeReranker({ program: 'full', comparator: likelihoodComparator({ model }) });
  const twice = { ...candidates(2), items: [...candidates(2).items, ...candidates(1).items] };
  await expect(reranker.rerank(twice)).rejects.toMatchObject({
    code: 'duplicate-id',
    message: expect.stringContaining('p0'),
  });
  expect(model.seen).toEqual([]);
  const empty = {
    query: { id: 'q', text: '' },
    items: [{ passage: { id: 'a', text: '' } }, { passage: { id: 'b', text: '' } }],
  };
  expect(ids(await reranker.rerank(empty))).toEqual(['a', 'b']);
});

describe('failures', () => {
  test('a retryable one is tried once more, with another attempt number', async () => {
    const attempts: number[] = [];
    const flaky = comparator((attempt) => {
      attempts.push(attempt);
      if (attempt === 0) throw new RankforgeError('server-error', 'down', { hint: 'Wait.', retryable: true });
      return [1, 0];
    });
    const ranking = await composeReranker({ program: 'full', comparator: flaky }).rerank(candidates(2));
    expect([attempts, ids(ranking)]).toEqual([
      [0, 1],
      ['p1', 'p0'],
    ]);
  });

  test.each([true, false])('by default it is thrown (retryable: %s)', async (retryable) => {
    let calls = 0;
    const broken = comparator(() => {
      calls++;
      throw new RankforgeError('server-error', 'down', { hint: 'Wait.', retryable });
    });
    await expect(
      composeReranker({ program: 'full', comparator: broken }).rerank(candidates(2)),
    ).rejects.toMatchObject({ code: 'server-error' });
    expect(calls).toBe(retryable ? 2 : 1);
  });

  test('with "keep" the group keeps its order, and a warning says so', async () => {
    const ranking = await composeReranker({
      program: 'sliding:2/1',
      comparator: failing('timeout'),
      onFailure: 'keep',
    }).rerank(candidates(3));
    expect(ids(ranking)).toEqual(['p0', 'p1', 'p2']);
    expect(ranking.warnings).toEqual([expect.objectContaining({ code: 'kept-order', id: 'q' })]);
  });

  test.each([
    'budget-exhausted',
    'aborted',
    'unsupported',
    'refused-key',
    'ambiguous-labels',
    'missing-package',
  ] as const)('%s is thrown even with "keep"', async (code) => {
    await expect(
      composeReranker({ program: 'full', comparator: failing(code), onFailure: 'keep' }).rerank(
        candidates(2),
      ),
    ).rejects.toMatchObject({ code });
  });

  test('a bug is thrown even with "keep"', async () => {
    const bug = comparator(() => {
      throw new TypeError('undefined is not a function');
    });
    await expect(
      composeReranker({ program: 'full', comparator: bug, onFailure: 'keep' }).rerank(candidates(2)),
    ).rejects.toThrow(TypeError);
  });

  test.each([[[0, 0]], [[0]], [[0, 1, 2]], [[0, 2]], [[0.5, 1]], [[]], [[Number.NaN, 0]]])(
    'an order of %j is no ranking of two',
    async (order) => {
      await expect(
        composeReranker({ program: 'full', comparator: comparator(() => order) }).rerank(candidates(2)),
      ).rejects.toMatchObject({ code: 'unparsed-ranking' });
    },
  );

  test('an unparsed reply is asked for again as another sample, and both are paid', async () => {
    const samples: (number | undefined)[] = [];
    const model = fakeModel({
      generate: ({ sample }) => {
        samples.push(sample);
        return sample ? '[B] > [A]' : 'I cannot rank 2 passages.';
      },
    });
    const ranking = await composeReranker({
      program: 'full',
      comparator: generateComparator({ model }),
    }).rerank(candidates(2));
    expect([samples, ids(ranking), ranking.usage.calls]).toEqual([[undefined, 1], ['p1', 'p0'], 2]);
  });

  test('what was tried again already is not tried again', async () => {
    let calls = 0;
    const limits = createLimits({ retries: 2, minRetryMs: 1 });
    const broken = comparator(() => {
      throw new TypeError('not reached');
    });
    const behindLimits: Comparator = {
      ...broken,
      compare: () =>
        limits.run(async () => {
          calls++;
          throw new RankforgeError('server-error', 'down', { hint: 'Wait.', retryable: true });
        }),
    };
    await expect(
      composeReranker({ program: 'full', comparator: behindLimits }).rerank(candidates(2)),
    ).rejects.toMatchObject({ code: 'server-error', retryable: true, retried: true });
    expect(calls).toBe(3);
  });

  test.each([
    ['pointwise', pointwiseComparator],
    ['likelihood', likelihoodComparator],
    ['pairwise', pairwiseComparator],
  ])('%s: what a failed comparison had taken is counted', async (_, create) => {
    let calls = 0;
    const model = fakeModel({
      before: () => {
        calls++;
        if (calls === 2) throw new RankforgeError('timeout', 'too late', { hint: 'Wait.' });
      },
    });
    const program = 'sliding:2/1';
    const comparing = composeReranker({ program, comparator: create({ model }), onFailure: 'keep' });
    const { usage, warnings } = await comparing.rerank(candidates(2));
    expect(warnings).toEqual([expect.objectContaining({ code: 'kept-order' })]);
    expect(usage.calls).toBe(1);
    expect(usage.promptTokens).toBeGreaterThan(0);
  });

  test('a reply that shows no label is paid for, and the failure tells what the whole query took', async () => {
    const model = fakeModel({ nextToken: ({ replies }) => replies.map(() => null) });
    const first = composeReranker({
      program: 'full',
      comparator: firstComparator({ model }),
      onFailure: 'keep',
    });
    expect((await first.rerank(candidates(3))).usage.calls).toBe(1);
    let calls = 0;
    const late = comparator((_, group) => {
      calls++;
      if (calls === 4) throw new RankforgeError('server-error', 'down', { hint: 'Wait.' });
      return group.map((_id, index) => index);
    });
    const paid: Comparator = {
      ...late,
      compare: async (...asked) => ({
        ...(await late.compare(...asked)),
        usage: { ...noUsage, calls: 1, promptTokens: 100 },
      }),
    };
    await expect(
      composeReranker({ program: 'sliding:2/1', comparator: paid }).rerank(candidates(6)),
    ).rejects.toMatchObject({ code: 'server-error', usage: { calls: 3, promptTokens: 300 } });
  });

  test('in a round the first failure ends the others before it is thrown', async () => {
    let running = 0;
    const model = fakeModel({
      before: async ({ signal }) => {
        running++;
        const first = running === 1;
        try {
          if (first) throw new RankforgeError('server-error', 'down', { hint: 'Wait.' });
          await new Promise((resolve, reject) => {
            const timer = setTimeout(resolve, 5000);
            signal?.addEventListener('abort', () => {
              clearTimeout(timer);
              reject(signal.reason);
            });
          });
        } finally {
          running--;
        }
      },
    });
    const reranker = composeReranker({
      program: 'pointwise',
      comparator: pointwiseComparator({ model }),
      concurrency: 4,
    });
    await expect(reranker.rerank(candidates(20))).rejects.toMatchObject({ code: 'server-error' });
    expect(running).toBe(0);
    expect(model.seen.length).toBeLessThanOrEqual(4);
  });
});

describe('stopping and progress', () => {
  test('an abort before and during the work throws its reason', async () => {
    const stop = new AbortController();
    const model = fakeModel({ before: () => new Promise((resolve) => setTimeout(resolve, 5)) });
    const reranker = composeReranker({ program: 'sliding:4/2', comparator: likelihoodComparator({ model }) });
    const work = reranker.rerank(candidates(100), { signal: stop.signal });
    setTimeout(() => stop.abort(new Error('enough')), 20);
    await expect(work).rejects.toThrow('enough');
    const calls = model.seen.length;
    await expect(reranker.rerank(candidates(4), { signal: stop.signal })).rejects.toThrow('enough');
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(model.seen.length).toBe(calls);
  });

  test("the caller's signal keeps no listener", async () => {
    const { signal } = new AbortController();
    let listeners = 0;
    const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners++;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners--;
      remove(...args);
    };
    await composeReranker({ program: 'sliding:4/2', comparator: reverse }).rerank(candidates(20), { signal });
    await collect(
      rerankRun([candidates(4), candidates(4)], { program: 'full', comparator: reverse, signal }),
    );
    expect(listeners).toBe(0);
  });

  test('progress counts the comparisons to their end', async () => {
    const seen: Progress[] = [];
    await composeReranker({ program: 'sliding:4/2', comparator: reverse }).rerank(candidates(8), {
      onProgress: (progress) => seen.push(progress),
    });
    expect(seen.map(({ done, total }) => [done, total])).toEqual([
      [0, 3],
      [1, 3],
      [2, 3],
      [3, 3],
    ]);
  });

  test('no more calls at a time than asked for, and that many', async () => {
    const model = fakeModel({ before: () => new Promise((resolve) => setTimeout(resolve, 2)) });
    await composeReranker({
      program: 'pointwise',
      comparator: pointwiseComparator({ model }),
      concurrency: 3,
    }).rerank(candidates(20));
    expect(model.mostAtOnce).toBe(3);
  });
});

describe('rerankRun', () => {
  test('rankings come in query order, whatever finishes first', async () => {
    const model = fakeModel({
      before: () => new Promise((resolve) => setTimeout(resolve, Math.random() * 10)),
    });
    const all = await collect(
      rerankRun(
        Array.from({ length: 12 }, (_, index) => candidates(3, `q${index}`)),
        {
          program: 'pointwise',
          comparator: pointwiseComparator({ model }),
          concurrency: 5,
        },
      ),
    );
    expect(all.map(({ queryId }) => queryId)).toEqual(Array.from({ length: 12 }, (_, index) => `q${index}`));
    expect(model.mostAtOnce).toBeLessThanOrEqual(5);
  });

  test('queries are read as they are needed', async () => {
    let read = 0;
    function* queries() {
      for (let index = 0; index < 1000; index++) {
        read++;
        yield candidates(2, `q${index}`);
      }
    }
    for await (const { queryId } of rerankRun(queries(), {
      program: 'full',
      comparator: reverse,
      queriesAtOnce: 3,
    })) {
      if (queryId === 'q4') break;
    }
    expect(read).toBeLessThanOrEqual(8);
  });

  test('a failing query is thrown in its turn, after those before it', async () => {
    const got: string[] = [];
    const flaky = comparator((_, [first]) => {
      if (first === 'bad') throw new RankforgeError('server-error', 'down', { hint: 'Wait.' });
      return [0, 1];
    });
    const bad: Candidates = {
      query: { id: 'bad', text: '' },
      items: [{ passage: { id: 'bad', text: '' } }, { passage: { id: 'b', text: '' } }],
    };
    const run = async () => {
      for await (const { queryId } of rerankRun([candidates(2, 'q0'), bad, candidates(2, 'q2')], {
        program: 'full',
        comparator: flaky,
      }))
        got.push(queryId);
    };
    await expect(run()).rejects.toMatchObject({ code: 'server-error' });
    expect(got).toEqual(['q0']);
  });
});

test.each([[{ depth: -1 }], [{ concurrency: 0 }], [{ depth: 1.5 }]])('%j is refused', (wrong) => {
  expect(() => composeReranker({ program: 'full', comparator: reverse, ...wrong })).toThrow(
    expect.objectContaining({ code: 'usage' }),
  );
});

test('a group larger than the comparator takes is refused with what to do', async () => {
  const small = { ...reverse, maxGroup: 4 };
  await expect(
    composeReranker({ program: 'full', comparator: small }).rerank(candidates(5)),
  ).rejects.toMatchObject({ code: 'usage', hint: expect.stringContaining('sliding:4') });
});

test('a listwise comparator has no score for a passage alone', async () => {
  const comparator = generateComparator({ model: fakeModel() });
  await expect(
    composeReranker({ program: pointwise, comparator }).rerank(candidates(3)),
  ).rejects.toMatchObject({ code: 'unsupported' });
  // By their names the pair is refused before anything runs.
  expect(() => composeReranker({ program: 'pointwise', comparator })).toThrow(
    expect.objectContaining({ code: 'usage', hint: expect.stringContaining('sliding') }),
  );
});
