import { expect, test } from 'vitest';
import type { Candidates } from '../../../src/core/candidates.js';
import { randomStream } from '../../../src/core/random.js';
import { chooseProgram } from '../../../src/evaluate/tune/choose-program.js';
import { fitComparatorNoise } from '../../../src/evaluate/tune/comparator-noise.js';
import { noisyComparator } from '../../../src/rerank/comparators/judged.js';
import { composeReranker } from '../../../src/rerank/reranker.js';

const queries = Array.from({ length: 8 }, (_, index) => `q${index}`);
const candidates: Candidates[] = queries.map((id) => ({
  query: { id, text: id },
  items: Array.from({ length: 100 }, (_, index) => ({ passage: { id: `${id}-${index}`, text: 'text' } })),
}));
const qrels = new Map(
  queries.map((id) => [
    id,
    new Map(candidates[0]!.items.map((_, index) => [`${id}-${index}`, randomStream(3, id, index).int(4)])),
  ]),
);
const comparator = { cost: () => ({ calls: 1, promptTokens: 1000, outputTokens: 0 }) };
const options = { comparator, candidates, qrels, seed: 7, samples: 3, targets: {} };

test('without noise, one call for all is as good as can be and the cheapest', () => {
  const [best] = chooseProgram({ ...options, noise: 0 });
  expect(best).toMatchObject({
    program: 'full',
    calls: 1,
    rounds: 1,
    quality: 1,
    fits: true,
    promptTokens: 8000,
  });
});

test('within the targets comes first, however good the others are', () => {
  const forecasts = chooseProgram({ ...options, noise: 1, targets: { calls: 9 } });
  const fits = forecasts.map((one) => one.fits);
  expect(fits).toEqual([...fits].sort((a, b) => Number(b) - Number(a)));
  expect(forecasts.filter((one) => one.fits).every(({ calls }) => calls <= 9)).toBe(true);
  // Under noise more comparisons of a passage are worth their calls.
  const quality = new Map(forecasts.map((one) => [one.program, one.quality]));
  expect(quality.get('tournament')).toBeGreaterThan(quality.get('full')!);
});

test('groups that the comparator cannot hold are left out, and money is counted', () => {
  const forecasts = chooseProgram({
    ...options,
    comparator: { ...comparator, maxGroup: 20 },
    noise: 1,
    prices: { input: 1, output: 1 },
  });
  expect(forecasts.map(({ program }) => program)).not.toContain('full');
  const sliding = forecasts.find(({ program }) => program === 'sliding:20/10');
  expect(sliding).toMatchObject({ calls: 9, rounds: 9, usd: expect.closeTo((8 * 9 * 1000) / 1e6) });
});

test('targets that no program meets say what the least is', () => {
  expect(() => chooseProgram({ ...options, noise: 1, targets: { calls: 0 } })).toThrowError(
    expect.objectContaining({ code: 'usage', hint: expect.stringContaining('1.0 calls') }),
  );
});

test('typical lists stand in for judgements', () => {
  const { qrels: _, ...unjudged } = options;
  const [best] = chooseProgram({ ...unjudged, noise: 0.5, targets: { calls: 20 } });
  expect(best!.quality).toBeGreaterThan(0.7);
  expect(best!.quality).toBeLessThan(1);
});

test.each([0.3, 1, 2.5])('the noise of a comparator that errs by %d grades is found', async (sd) => {
  const comparator = noisyComparator(qrels, sd, 5);
  const reranker = composeReranker({ program: 'full', comparator });
  const rankings = await Promise.all(candidates.map((one) => reranker.rerank(one)));
  const { sd: found, pairs } = fitComparatorNoise(
    new Map(rankings.map(({ queryId, items }) => [queryId, items])),
    qrels,
  );
  expect(Math.abs(found / sd - 1)).toBeLessThan(0.15);
  expect(pairs).toBeGreaterThan(10_000);
});
