import { expect, test } from 'vitest';
import type { Candidates } from '../../../src/core/candidates.js';
import { RankforgeError } from '../../../src/core/errors.js';
import { randomStream } from '../../../src/core/random.js';
import { tune } from '../../../src/evaluate/tune/tune.js';
import type { Comparator } from '../../../src/rerank/comparator.js';
import { noisyComparator } from '../../../src/rerank/comparators/judged.js';

const queries = Array.from({ length: 30 }, (_, index) => `q${index}`);
const candidates: Candidates[] = queries.map((id) => ({
  query: { id, text: id },
  items: Array.from({ length: 20 }, (_, index) => ({ passage: { id: `${id}-${index}`, text: 'text' } })),
}));
const qrels = new Map(
  queries.map((id) => {
    const random = randomStream(3, id);
    return [id, new Map(candidates[0]!.items.map((_, index) => [`${id}-${index}`, random.int(4)]))];
  }),
);
/** A model asked in ways that err more or less; each call takes 100 tokens. */
const open = ({ compare }: { compare: string }): Comparator => {
  if (compare === 'broken') throw new RankforgeError('unsupported', 'no', { hint: 'Use another.' });
  return {
    ...noisyComparator(qrels, Number(compare), 1),
    cost: () => ({ calls: 1, promptTokens: 90, outputTokens: 10 }),
  };
};
const settings = ['4', '2', '1', '0.3', 'broken'].map((compare) => ({ compare, method: 'full' }));

test('finds the way of asking that errs least, and measures it on queries that did not choose it', async () => {
  const result = await tune({ settings, open, candidates, qrels, budgetTokens: 12_000, seed: 7 });
  expect(result.winner.compare).toBe('0.3');
  expect(result.queries).toEqual({ chosenOn: 20, measuredOn: 10 });
  expect(result.plannedTokens).toBeLessThanOrEqual(12_000);
  expect(result.value.mean).toBeGreaterThan(result.beside['first-stage']!.mean);
  expect(result.failed.map(({ setting }) => setting.compare)).toEqual(['broken']);
});

test('the same seed finds the same, and rankings beside are measured on the same queries', async () => {
  const ideal = new Map(
    candidates.map(({ query, items }) => [
      query.id,
      items
        .map(({ passage }) => ({ id: passage.id, score: qrels.get(query.id)!.get(passage.id)! }))
        .sort((a, b) => b.score - a.score),
    ]),
  );
  const options = { settings, open, candidates, qrels, budgetTokens: 12_000, seed: 7, beside: { ideal } };
  const [first, second] = [await tune(options), await tune(options)];
  expect(first).toEqual(second);
  expect(first.beside.ideal).toEqual({ mean: 1, low: 1, high: 1 });
});

test.each([500, 900, 1000, 1300, 2200, 3000])('a budget of %i tokens is kept to', async (budgetTokens) => {
  let calls = 0;
  const counting = (setting: { compare: string }): Comparator => {
    const comparator = open(setting);
    return {
      ...comparator,
      compare: (...asked) => {
        calls++;
        return comparator.compare(...asked);
      },
    };
  };
  const result = await tune({
    settings: settings.slice(2, 3),
    open: counting,
    candidates,
    qrels,
    budgetTokens,
    seed: 7,
  });
  expect(100 * calls).toBeLessThanOrEqual(budgetTokens);
  expect(result.plannedTokens).toBe(100 * calls);
  expect(result.queries.measuredOn).toBeGreaterThanOrEqual(2);
  expect(Number.isFinite(result.value.mean)).toBe(true);
});

test('a query that a ranking beside does not answer counts as 0', async () => {
  const options = { settings: settings.slice(2, 4), open, candidates, qrels, budgetTokens: 12_000, seed: 7 };
  const { beside } = await tune({ ...options, beside: { none: new Map() } });
  expect(beside.none).toEqual({ mean: 0, low: 0, high: 0 });
});

test.each([
  ['few judgements', 5, 5, 'Of 5 judged queries 5 have two or more candidates: too few to choose by'],
  ['short lists', 7, 1, 'Of 7 judged queries 1 has two or more candidates: too few to choose by'],
  ['one query', 1, 0, 'Of 1 judged query 0 have two or more candidates: too few to choose by'],
])('%s: an error that counts', async (_name, judged, long, message) => {
  const some = candidates
    .slice(0, judged)
    .map(({ query, items }, index) => ({ query, items: index < long ? items : items.slice(0, 1) }));
  await expect(
    tune({
      ...{ settings, open, candidates: some, budgetTokens: 1e6, seed: 7 },
      qrels: new Map([...qrels].slice(0, judged)),
    }),
  ).rejects.toMatchObject({
    code: 'too-little-data',
    message,
    hint: expect.stringMatching(/at least 6 .* "candidates"/),
  });
});
