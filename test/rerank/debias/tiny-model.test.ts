import { afterAll, beforeAll, expect, test } from 'vitest';
import { addUsage } from '../../../src/core/usage.js';
import { type LlamaLanguageModel, openLlama } from '../../../src/models/llama/llama-model.js';
import type { Comparator } from '../../../src/rerank/comparator.js';
import { firstComparator } from '../../../src/rerank/comparators/first.js';
import { addCosts } from '../../../src/rerank/comparison-cost.js';
import { measurePositions } from '../../../src/rerank/debias/position-report.js';
import { debias, debiasings } from '../../../src/rerank/debias/registry.js';
import { plan } from '../../../src/rerank/plan.js';
import { full } from '../../../src/rerank/programs/full.js';
import { composeReranker } from '../../../src/rerank/reranker.js';
import { selfConsistent } from '../../../src/rerank/self-consistency/self-consistent.js';
import { tinyGguf } from '../../fixtures/tiny-gguf.js';

let model: LlamaLanguageModel;
beforeAll(async () => {
  model = await openLlama({
    weights: { id: 'tiny', path: await tinyGguf(), sha256: '0'.repeat(64) },
    contextSize: 2048,
    threads: 1,
    gpu: false,
  });
});
afterAll(async () => {
  await model?.[Symbol.asyncDispose]();
});

const words = 'the search engine ranks passages by how well each one answers query water energy'.split(' ');
const candidates = Array.from({ length: 3 }, (_, q) => ({
  query: { id: `q${q}`, text: `water ${q}` },
  items: Array.from({ length: 6 }, (_, index) => ({
    passage: { id: `${q}-${index}`, text: words.slice(index, index + 5).join(' ') },
  })),
}));

// The tiny model is random: all that it says is decided by position and chance.
test.each(Object.keys(debiasings))('%s: planned calls are made, scores come out of it', async (spec) => {
  const comparator = debias(firstComparator({ model }), spec, { sample: candidates });
  const [{ query, items }] = candidates as [(typeof candidates)[0]];
  const passages = items.map(({ passage }) => passage);
  const shared = (comparator.sharedCosts?.(query, passages) ?? []).map((one) => one.cost());
  const { calls, promptTokens } = addCosts([comparator.cost(query, passages), ...shared]);
  const { order, scores, usage, warnings } = await comparator.compare(query, passages);
  expect(order.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5]);
  expect(scores).toHaveLength(6);
  expect([usage.calls, usage.promptTokens]).toEqual([calls, promptTokens]);
  expect(warnings).toEqual([]);
});

// One debiasing around another too: the outer one's profile is measured through the inner one.
test.each(['content-free', 'batch', 'rotations:2', 'content-free batch'])(
  '%s: a plan of several queries is within 2 % of the tokens that they take',
  async (specs) => {
    const debiased = () =>
      specs
        .split(' ')
        .reduce<Comparator>(
          (inner, spec) => debias(inner, spec, { sample: candidates }),
          firstComparator({ model }),
        );
    for (const program of ['sliding:4/2', 'sliding:3/2', 'full']) {
      const planned = plan({ program, comparator: debiased(), candidates });
      const reranker = composeReranker({ program, comparator: debiased(), concurrency: 2 });
      const usages = [];
      for (const one of candidates) usages.push((await reranker.rerank(one)).usage);
      const { calls, promptTokens } = addUsage(...usages);
      expect(planned.calls).toBe(calls);
      expect(planned.exact.calls).toBe(true);
      expect(Math.abs(planned.promptTokens - promptTokens) / promptTokens).toBeLessThan(0.02);
    }
  },
);

test('self-consistency', async () => {
  const reranker = composeReranker({
    program: selfConsistent(full, { shuffles: 3 }),
    comparator: firstComparator({ model }),
  });
  const ranking = await reranker.rerank(candidates[0]!);
  expect(ranking.items).toHaveLength(6);
  expect(ranking.usage).toMatchObject({ calls: 3, rounds: 1 });
});

test('the position report has both profiles', async () => {
  const { positions, variance } = await measurePositions(firstComparator({ model }), candidates, {
    window: 6,
  });
  expect(positions).toHaveLength(6);
  for (const { score, contentFree } of positions) {
    expect(Number.isFinite(score)).toBe(true);
    expect(Number.isFinite(contentFree)).toBe(true);
  }
  expect(variance.position + variance.passage + variance.rest).toBeCloseTo(1, 12);
});
