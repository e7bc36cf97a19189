import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Passage } from '../../../src/core/passage.js';
import type { Comparator } from '../../../src/rerank/comparator.js';
import { firstComparator } from '../../../src/rerank/comparators/first.js';
import { oracleComparator } from '../../../src/rerank/comparators/judged.js';
import { addCosts } from '../../../src/rerank/comparison-cost.js';
import { batchComparator } from '../../../src/rerank/debias/batch.js';
import { contentFreeComparator } from '../../../src/rerank/debias/content-free.js';
import { debias, debiasings } from '../../../src/rerank/debias/registry.js';
import { permutedComparator, rotatedComparator, rotations } from '../../../src/rerank/debias/rotations.js';
import { UnparsedRankingError } from '../../../src/rerank/parse-ranking.js';
import { fakeModel } from '../../fixtures/fake-model.js';
import { biasedComparator, numberedCandidates, truth } from '../biased-comparator.js';

const query = { id: 'q', text: 'how long do fleas live' };
const passagesOf = (numbers: readonly (number | string)[]): Passage[] =>
  numbers.map((number, index) => ({ id: `p${index}`, text: String(number) }));
const windows = fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 2, maxLength: 12 });
// Each position gets more than any passage can: without correction the order shown always wins. Whole numbers sum exactly.
const strong = (position: number): number => 100 - 50 * position;

describe('a strong bias of positions is taken off, whatever the window', () => {
  const sample = numberedCandidates(200, 12);

  test('content-free gives the true order', async () => {
    await fc.assert(
      fc.asyncProperty(windows, async (numbers) => {
        const comparator = contentFreeComparator(biasedComparator({ bias: strong }));
        const { order, scores } = await comparator.compare(query, passagesOf(numbers));
        expect(order).toEqual(truth(numbers.map(String)));
        numbers.forEach((number, index) => {
          expect(scores![index]).toBeCloseTo(number, 9);
        });
      }),
    );
  });

  test('rotations through every position give the true order, with scores and without', async () => {
    await fc.assert(
      fc.asyncProperty(windows, async (numbers) => {
        const comparator = rotatedComparator(biasedComparator({ bias: strong }), { times: 12 });
        const { order } = await comparator.compare(query, passagesOf(numbers));
        expect(order).toEqual(truth(numbers.map(String)));
      }),
    );
    const byRank = rotatedComparator(biasedComparator({ bias: (p) => 1.5 * p, scores: false }), { times: 5 });
    expect((await byRank.compare(query, passagesOf([5, 4, 3, 2, 1]))).order).toEqual([0, 1, 2, 3, 4]);
  });

  test('a batch gives the true order of passages further apart than its own error', async () => {
    const comparator = batchComparator(biasedComparator({ bias: strong }), { sample, queries: 200 });
    const numbers = [-1, 2, 0.5, 3, -2, 1.2];
    expect((await comparator.compare(query, passagesOf(numbers))).order).toEqual(truth(numbers.map(String)));
  });

  test('the batch is shown in random order: that relevant passages stand first is no bias', async () => {
    const sorted = sample.map(({ query, items }) => ({
      query,
      items: items.toSorted((a, b) => Number(b.passage.text) - Number(a.passage.text)),
    }));
    const comparator = batchComparator(biasedComparator(), { sample: sorted, queries: 200 });
    const { scores } = await comparator.compare(query, passagesOf(Array(12).fill(0)));
    for (const score of scores!) expect(Math.abs(score)).toBeLessThan(0.35);
  });
});

describe('calls', () => {
  test('a profile is measured once a query and size, however many windows ask at once', async () => {
    const inner = biasedComparator({ bias: strong });
    const comparator = contentFreeComparator(inner);
    const ask = (size: number, text = 'a') =>
      comparator.compare({ id: 'q', text }, passagesOf(Array(size).fill(1)));
    const all = await Promise.all([ask(4), ask(4), ask(4), ask(5), ask(4, 'b')]);
    // 3 profiles of 3 texts, 5 windows.
    expect(inner.seen).toHaveLength(14);
    expect(all.reduce((sum, { usage }) => sum + usage.calls, 0)).toBe(14);
    expect((await ask(4)).usage.calls).toBe(1);
  });

  test('with the query replaced, one profile serves all queries', async () => {
    const model = fakeModel();
    const comparator = contentFreeComparator(firstComparator({ model }), {
      query: 'replaced',
      texts: ['N/A'],
    });
    await comparator.compare({ id: 'a', text: 'one' }, passagesOf([1, 2]));
    await comparator.compare({ id: 'b', text: 'two' }, passagesOf([1, 2]));
    expect(model.seen).toHaveLength(3);
    expect(model.seen[0]![0]!.content).toContain('[A] N/A\n[B] N/A');
    expect(model.seen[0]![0]!.content).toContain('Search query: N/A');
  });

  test('what a profile took is counted where the comparison after it fails', async () => {
    const inner = biasedComparator({ bias: strong });
    const failing = {
      ...inner,
      compare: async (...asked: Parameters<typeof inner.compare>) => {
        const { usage } = await inner.compare(...asked);
        if (asked[1][0]!.id.startsWith('content-free')) return inner.compare(...asked);
        throw new UnparsedRankingError('The reply is no scores', 'no', { usage, retryable: false });
      },
    };
    const ask = contentFreeComparator(failing).compare(query, passagesOf([1, 2]));
    await expect(ask).rejects.toMatchObject({ usage: { calls: 4 }, retryable: false });
  });

  test.each(Object.keys(debiasings))('%s around a comparator that is a class closes it', async (spec) => {
    let closed = 0;
    const inner = biasedComparator();
    class Mine implements Comparator {
      readonly name = 'mine';
      readonly absolute = false;
      get maxGroup() {
        return 7;
      }
      compare: Comparator['compare'] = (...asked) => inner.compare(...asked);
      cost: Comparator['cost'] = (...asked) => inner.cost(...asked);
      async [Symbol.asyncDispose]() {
        closed++;
      }
    }
    const comparator = debias(new Mine(), spec, { sample: numberedCandidates(2, 2) });
    expect(comparator.maxGroup).toBe(7);
    await comparator[Symbol.asyncDispose]();
    expect(closed).toBe(1);
  });

  test('content-free without texts is refused', () => {
    expect(() => contentFreeComparator(biasedComparator(), { texts: [] })).toThrow(
      expect.objectContaining({ code: 'usage' }),
    );
  });

  test('cost and what is shared are what the first window takes, and cost what the second does', async () => {
    for (const spec of ['content-free', 'batch', 'rotations:3', 'permutations:2']) {
      const comparator = debias(biasedComparator(), spec, { sample: numberedCandidates(20, 6) });
      const { usage } = await comparator.compare(query, passagesOf([1, 2, 3, 4]));
      const asked = [query, passagesOf([1, 2, 3, 4])] as const;
      const own = comparator.cost(...asked);
      const shared = (comparator.sharedCosts?.(...asked) ?? []).map((one) => one.cost());
      const { calls, promptTokens } = addCosts([own, ...shared]);
      expect([spec, calls, promptTokens]).toEqual([spec, usage.calls, usage.promptTokens]);
      const again = await comparator.compare(...asked);
      expect(again.usage).toMatchObject({ calls: own.calls, promptTokens: own.promptTokens });
    }
  });

  test('one passage, or none, is compared as it is', async () => {
    for (const spec of Object.keys(debiasings)) {
      const inner = biasedComparator();
      const comparator = debias(inner, spec, { sample: numberedCandidates(20, 6) });
      expect((await comparator.compare(query, passagesOf([1]))).order).toEqual([0]);
      expect((await comparator.compare(query, [])).order).toEqual([]);
      expect(inner.seen.map((ids) => ids.length)).toEqual([1, 0]);
    }
  });

  test('a caller that leaves does not take the profile from another that waits for it', async () => {
    let release = (): void => {};
    const opened = new Promise<void>((resolve) => {
      release = resolve;
    });
    const inner = biasedComparator({ bias: strong });
    const slow: typeof inner = {
      ...inner,
      async compare(...request) {
        if (request[1][0]?.id.startsWith('content-free')) await opened;
        return inner.compare(...request);
      },
    };
    const comparator = contentFreeComparator(slow);
    const leaves = new AbortController();
    const left = comparator.compare(query, passagesOf([1, 2]), { signal: leaves.signal });
    const stays = comparator.compare(query, passagesOf([1, 2]));
    leaves.abort();
    await expect(left).rejects.toThrow(/abort/i);
    release();
    expect((await stays).order).toEqual([1, 0]);
  });

  test('a failed profile is not kept', async () => {
    const inner = biasedComparator();
    let failures = 1;
    const shaky: typeof inner = {
      ...inner,
      async compare(...request) {
        if (failures-- > 0)
          throw new UnparsedRankingError('no', '', { usage: { ...(await inner.compare(...request)).usage } });
        return inner.compare(...request);
      },
    };
    const comparator = contentFreeComparator(shaky);
    await expect(comparator.compare(query, passagesOf([1, 2]))).rejects.toMatchObject({
      usage: { calls: 1 },
    });
    expect((await comparator.compare(query, passagesOf([1, 2]))).order).toEqual([1, 0]);
  });

  test('what was spent before a rotation failed is told', async () => {
    const inner = biasedComparator();
    let calls = 0;
    const shaky: typeof inner = {
      ...inner,
      async compare(...request) {
        const comparison = await inner.compare(...request);
        if (++calls === 3) throw new UnparsedRankingError('no', '', { usage: comparison.usage });
        return comparison;
      },
    };
    await expect(
      rotatedComparator(shaky, { times: 4 }).compare(query, passagesOf([1, 2, 3, 4])),
    ).rejects.toMatchObject({ code: 'unparsed-ranking', usage: { calls: 3, promptTokens: 120 } });
  });
});

describe('without scores for every passage', () => {
  test.each(['content-free', 'batch'])('%s leaves the order, with a warning', async (spec) => {
    const comparator = debias(biasedComparator({ scores: false }), spec, {
      sample: numberedCandidates(20, 6),
    });
    const comparison = await comparator.compare(query, passagesOf([1, 3, 2]));
    expect(comparison.order).toEqual([1, 2, 0]);
    expect(comparison.scores).toBeUndefined();
    expect(comparison.warnings.map(({ code }) => code)).toEqual(['not-debiased']);
  });

  test('a sample with too few candidates for the window leaves the order too', async () => {
    const comparator = batchComparator(biasedComparator(), { sample: numberedCandidates(4, 2) });
    const { warnings } = await comparator.compare(query, passagesOf([1, 3, 2]));
    expect(warnings.map(({ code }) => code)).toEqual(['not-debiased']);
  });
});

test('rotations visit evenly spaced positions, each order a permutation', () => {
  expect(rotations(4, 2)).toEqual([
    [0, 1, 2, 3],
    [2, 3, 0, 1],
  ]);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 40 }), (n, times) => {
      const orders = rotations(n, times);
      expect(orders).toHaveLength(Math.min(n, times));
      expect(new Set(orders.map(([first]) => first)).size).toBe(orders.length);
      for (const order of orders) expect(order.toSorted((a, b) => a - b)).toEqual([...Array(n).keys()]);
    }),
  );
});

test('permutations are repeated by a seed, and change with it', async () => {
  const shownBy = async (seed: number) => {
    const inner = biasedComparator();
    await permutedComparator(inner, { times: 3, seed }).compare(query, passagesOf([1, 2, 3, 4, 5]));
    return inner.seen;
  };
  expect(await shownBy(1)).toEqual(await shownBy(1));
  expect(await shownBy(1)).not.toEqual(await shownBy(2));
});

describe('by name', () => {
  test.each([
    ['content-free', 'biased+content-free'],
    ['batch', 'biased+batch'],
    ['rotations', 'biased+rotations:4'],
    ['rotations:2', 'biased+rotations:2'],
    ['permutations:3', 'biased+permutations:3'],
  ])('%s', (spec, name) => {
    expect(debias(biasedComparator(), spec, { sample: numberedCandidates(2, 2) }).name).toBe(name);
  });

  test.each([
    ['rotation', 'unknown-name', 'rotations'],
    ['content-free:2', 'usage', 'content-free'],
    ['rotations:0', 'usage', 'rotations[:TIMES]'],
    ['rotations:x', 'usage', 'rotations[:TIMES]'],
    ['rotations:2:2', 'usage', 'rotations[:TIMES]'],
    ['batch', 'too-little-data', 'candidates'],
  ])('%s is refused: %s', (spec, code, hint) => {
    expect(() => debias(biasedComparator(), spec)).toThrow(
      expect.objectContaining({ code, hint: expect.stringContaining(hint) }),
    );
  });

  test.each(Object.keys(debiasings))('%s has nothing to do for passages seen alone', (spec) => {
    expect(() => debias(oracleComparator(new Map()), spec, { sample: numberedCandidates(2, 2) })).toThrow(
      expect.objectContaining({ code: 'usage', hint: expect.stringContaining('no position') }),
    );
  });
});

test('a profile that the model does not show whole corrects nothing', async () => {
  const model = fakeModel({
    capabilities: { nextToken: { topK: 2 } },
    nextToken: ({ messages, replies }) =>
      replies.map((_, index) => (messages[0]!.content.includes('N/A') && index > 1 ? null : -index)),
  });
  const { order, warnings } = await contentFreeComparator(firstComparator({ model })).compare(
    query,
    passagesOf(['a', 'b', 'c']),
  );
  expect(order).toEqual([0, 1, 2]);
  expect(warnings.map(({ code }) => code)).toContain('not-debiased');
});
