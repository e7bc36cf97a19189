import { describe, expect, test } from 'vitest';
import type { Candidates } from '../../../src/core/candidates.js';
import { RankforgeError } from '../../../src/core/errors.js';
import type { Ranking } from '../../../src/core/ranking.js';
import { noUsage } from '../../../src/core/usage.js';
import { fuseRankings } from '../../../src/rerank/fusion/fuse-rankings.js';
import { fusedReranker } from '../../../src/rerank/fusion/fused-reranker.js';
import { interpolatedReranker } from '../../../src/rerank/fusion/interpolated-reranker.js';
import { full } from '../../../src/rerank/programs/full.js';
import { composeReranker, type Reranker } from '../../../src/rerank/reranker.js';
import { biasedComparator } from '../biased-comparator.js';

const ranking = (ids: string, { queryId = 'q', rounds = 1 } = {}): Ranking => ({
  queryId,
  items: [...ids].map((id, index) => ({ id, rank: index + 1, score: ids.length - index })),
  usage: { ...noUsage, calls: 2, rounds },
  warnings: [{ code: ids, message: '' }],
});
const fixed = (ids: string): Reranker => ({ rerank: async () => ranking(ids) });
const candidates: Candidates = {
  query: { id: 'q', text: 'what' },
  items: [...'abcd'].map((id, index) => ({ passage: { id, text: id }, score: 4 - index })),
};
const idsOf = ({ items }: Ranking) => items.map(({ id }) => id).join('');

describe('rankings of one query', () => {
  test('are fused by ranks, with what they took and said', () => {
    const fused = fuseRankings([ranking('abc'), ranking('bca', { rounds: 3 }), ranking('bd')]);
    expect(idsOf(fused)).toBe('bacd');
    expect(fused.items.map(({ rank }) => rank)).toEqual([1, 2, 3, 4]);
    expect(fused.items[0]!.score).toBeCloseTo(1 / 62 + 2 / 61, 12);
    expect(fused.usage).toMatchObject({ calls: 6, rounds: 3 });
    expect(fused.warnings.map(({ code }) => code)).toEqual(['abc', 'bca', 'bd']);
  });

  test('with weights, and by another fusion', () => {
    expect(idsOf(fuseRankings([ranking('abc'), ranking('cba')], { weights: [1, 2] }))).toBe('cba');
    expect(idsOf(fuseRankings([ranking('abcd'), ranking('ba')], { fusion: 'comb-mnz' }))).toBe('bacd');
  });

  test.each([
    ['of two queries', [ranking('a'), ranking('a', { queryId: 'r' })]],
    ['none', []],
  ])('%s are refused', (_, rankings) => {
    expect(() => fuseRankings(rankings)).toThrow(expect.objectContaining({ code: 'usage' }));
  });
});

describe('rerankers fused', () => {
  test('agree on the passage that is second in each', async () => {
    const fused = fusedReranker([fixed('abcd'), fixed('dbca'), fixed('cbad')]);
    expect(idsOf(await fused.rerank(candidates))[0]).toBe('b');
  });

  test('one that fails stops the others, which have ended before', async () => {
    let ended = false;
    const slow: Reranker = {
      rerank: (_, { signal } = {}) =>
        new Promise((_, reject) =>
          signal!.addEventListener('abort', () => {
            ended = true;
            reject(signal!.reason);
          }),
        ),
    };
    const fails: Reranker = {
      rerank: async () => {
        throw new RankforgeError('server-error', 'down', { hint: '' });
      },
    };
    await expect(fusedReranker([slow, fails]).rerank(candidates)).rejects.toMatchObject({
      code: 'server-error',
    });
    expect(ended).toBe(true);
  });

  test('an abort reaches each', async () => {
    const reranker = composeReranker({ program: full, comparator: biasedComparator() });
    await expect(
      fusedReranker([reranker, reranker]).rerank(candidates, { signal: AbortSignal.abort() }),
    ).rejects.toThrow(/abort/i);
  });

  test('none is refused', () => {
    expect(() => fusedReranker([])).toThrow(expect.objectContaining({ code: 'usage' }));
  });
});

describe('interpolated with the first stage', () => {
  test.each([
    [0, 'abcd'],
    [0.4, 'abdc'],
    [1, 'dbac'],
  ])('%d: %s', async (weight, order) => {
    expect(idsOf(await interpolatedReranker(fixed('dbac'), { weight }).rerank(candidates))).toBe(order);
  });

  test('by ranks where a candidate has no score, and probabilities stay with their passages', async () => {
    const without = { ...candidates, items: candidates.items.map(({ passage }) => ({ passage })) };
    const withProbability: Reranker = {
      rerank: async () => {
        const { items, ...rest } = ranking('dbac');
        return {
          ...rest,
          items: items.map((item) => (item.id === 'd' ? { ...item, probability: 0.7 } : item)),
        };
      },
    };
    const { items } = await interpolatedReranker(withProbability, { weight: 0.4 }).rerank(without);
    expect(items.map(({ id }) => id).join('')).toBe('abdc');
    expect(items.map(({ probability }) => probability)).toEqual([undefined, undefined, 0.7, undefined]);
  });

  test('what was not reranked stays below, and its invented scores count for nothing', async () => {
    const reranker: Reranker = { rerank: async () => ({ ...ranking('bacd'), depth: 2 }) };
    for (const weight of [0, 0.3, 0.7, 1]) {
      const { items, depth } = await interpolatedReranker(reranker, { weight }).rerank(candidates);
      expect(items.map(({ id }) => id).join('')).toBe(weight < 0.5 ? 'abcd' : 'bacd');
      expect(items.map(({ rank }) => rank)).toEqual([1, 2, 3, 4]);
      expect(items.every(({ score }, index) => index === 0 || score <= items[index - 1]!.score)).toBe(true);
      expect(depth).toBe(2);
    }
  });

  test('a weight out of range is refused before any call', () => {
    expect(() => interpolatedReranker(fixed('abcd'), { weight: 2 })).toThrow(
      expect.objectContaining({ code: 'usage' }),
    );
  });
});
