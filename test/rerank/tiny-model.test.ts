import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Candidates } from '../../src/core/candidates.js';
import { randomStream } from '../../src/core/random.js';
import type { Ranking } from '../../src/core/ranking.js';
import { type LlamaLanguageModel, openLlama } from '../../src/models/llama/llama-model.js';
import { firstComparator } from '../../src/rerank/comparators/first.js';
import { generateComparator } from '../../src/rerank/comparators/generate.js';
import { likelihoodComparator } from '../../src/rerank/comparators/likelihood.js';
import { pointwiseComparator } from '../../src/rerank/comparators/pointwise.js';
import { chooseLabels } from '../../src/rerank/labels.js';
import { plan } from '../../src/rerank/plan.js';
import { composeReranker } from '../../src/rerank/reranker.js';
import { tinyGguf } from '../fixtures/tiny-gguf.js';

const vocabulary =
  'the search engine ranks passages by how well each one answers query water energy student teacher label'.split(
    ' ',
  );

function candidates(n: number, id: string, longest = 30): Candidates {
  const random = randomStream(1, id);
  return {
    query: { id, text: 'which passage answers the query about water' },
    items: Array.from({ length: n }, (_, index) => ({
      passage: {
        id: `${id}-${index}`,
        text: Array.from(
          { length: 25 + random.int(longest) },
          () => vocabulary[random.int(vocabulary.length)],
        ).join(' '),
      },
    })),
  };
}

// The tiny model is random: what it ranks is nonsense, how it is asked is not.
describe('on a real llama.cpp model', () => {
  let model: LlamaLanguageModel;
  beforeAll(async () => {
    model = await openLlama({
      weights: { id: 'tiny', path: await tinyGguf(), sha256: '0'.repeat(64) },
      contextSize: 8192,
      threads: 1,
      gpu: false,
    });
  });
  afterAll(async () => {
    await model?.[Symbol.asyncDispose]();
  });

  test('brackets are given up where the tokenizer tears some labels, and kept where it does not', () => {
    // As in Qwen's vocabulary `[A` is one token and `[O` is two.
    expect(chooseLabels(20, model)!.style).toBe('letters');
    expect(chooseLabels(14, model)!.style).toBe('bracketed-letters');
  });

  const pairs = [
    ['full', firstComparator],
    ['sliding:8/4', firstComparator],
    ['full', pointwiseComparator],
    ['sliding:8/4', pointwiseComparator],
    ['pointwise', pointwiseComparator],
    ['full', likelihoodComparator],
    ['sliding:8/4', likelihoodComparator],
    ['pointwise', likelihoodComparator],
  ] as const;

  test.each(pairs)(
    '%s × %o: ranks every passage, in calls, rounds and tokens as planned',
    async (program, create) => {
      const comparator = create({ model });
      const all = ['q1', 'q2', 'q3'].map((id) => candidates(20, id));
      const planned = plan({ program, comparator, candidates: all });
      const rankings: Ranking[] = [];
      for (const one of all) rankings.push(await composeReranker({ program, comparator }).rerank(one));
      const sum = (of: (ranking: Ranking) => number) => rankings.reduce((total, one) => total + of(one), 0);
      for (const [index, { items, warnings, provenance }] of rankings.entries()) {
        expect(items.map(({ id }) => id).sort()).toEqual(
          all[index]!.items.map(({ passage }) => passage.id).sort(),
        );
        expect(warnings).toEqual([]);
        expect(provenance?.modelId).toBe(model.id);
      }
      expect(planned.calls).toBe(sum(({ usage }) => usage.calls));
      expect(planned.rounds).toBe(sum(({ usage }) => usage.rounds) / 3);
      const tokens = sum(({ usage }) => usage.promptTokens);
      if (planned.exact.promptTokens) expect(planned.promptTokens).toBe(tokens);
      else expect(Math.abs(planned.promptTokens - tokens) / tokens).toBeLessThan(0.02);
    },
  );

  test.each(['full', 'sliding:8/4'])(
    '%s × generate: what a random model writes is never a ranking',
    async (program) => {
      const comparator = generateComparator({ model });
      const one = candidates(12, 'q');
      await expect(composeReranker({ program, comparator }).rerank(one)).rejects.toMatchObject({
        code: 'unparsed-ranking',
      });
      const { items, warnings, usage } = await composeReranker({
        program,
        comparator,
        onFailure: 'keep',
      }).rerank(one);
      expect(items.map(({ id }) => id)).toEqual(one.items.map(({ passage }) => passage.id));
      expect(warnings.every(({ code }) => code === 'kept-order')).toBe(true);
      // Each window was tried twice, and both tries are paid.
      const planned = plan({ program, comparator, candidates: one });
      expect(usage.calls).toBe(planned.calls * 2);
      expect(usage.promptTokens).toBeGreaterThan(planned.promptTokens * 1.9);
    },
  );

  test('a vocabulary too small for so many labels is an error that says what to do', async () => {
    const reranker = composeReranker({ program: 'full', comparator: firstComparator({ model }) });
    await expect(reranker.rerank(candidates(60, 'many', 5))).rejects.toMatchObject({
      code: 'ambiguous-labels',
      hint: expect.stringContaining('smaller windows'),
    });
  });

  test('the same ranking comes out twice, and the passages decide it', async () => {
    for (const create of [firstComparator, pointwiseComparator, likelihoodComparator]) {
      const reranker = composeReranker({ program: 'full', comparator: create({ model }) });
      const [once, again] = [
        await reranker.rerank(candidates(6, 'q1')),
        await reranker.rerank(candidates(6, 'q1')),
      ];
      // To the last bits: what of a prompt is reused is evaluated in other batches.
      expect(again.items.map(({ id }) => id)).toEqual(once.items.map(({ id }) => id));
      expect(new Set(once.items.map(({ score }) => score)).size).toBe(6);
    }
  });

  test('pointwise scores do not depend on the program or the other passages', async () => {
    for (const create of [pointwiseComparator, likelihoodComparator]) {
      const scores = async (program: string, n: number) => {
        const { items } = await composeReranker({ program, comparator: create({ model }) }).rerank(
          candidates(n, 'q1'),
        );
        return new Map(items.map(({ id, score }) => [id, score]));
      };
      const [together, alone] = [await scores('full', 6), await scores('pointwise', 3)];
      for (const [id, score] of alone) expect(together.get(id)).toBeCloseTo(score, 3);
    }
  });

  test('a passage larger than the context is cut, and said so', async () => {
    const small = await openLlama({
      weights: { id: 'tiny', path: await tinyGguf(), sha256: '0'.repeat(64) },
      contextSize: 700,
      threads: 1,
      gpu: false,
    });
    try {
      const { items } = candidates(3, 'q');
      const long = { passage: { id: 'long', text: 'water '.repeat(5000) } };
      for (const create of [firstComparator, pointwiseComparator, likelihoodComparator]) {
        const ranking = await composeReranker({
          program: 'full',
          comparator: create({ model: small }),
        }).rerank({ query: { id: 'q', text: 'water' }, items: [...items, long] });
        expect(ranking.items).toHaveLength(4);
        expect(ranking.warnings.map(({ code, id }) => [code, id])).toContainEqual([
          'truncated-passage',
          'long',
        ]);
      }
    } finally {
      await small[Symbol.asyncDispose]();
    }
  });

  test('an abort frees the model for the next ranking', async () => {
    const reranker = composeReranker({ program: 'pointwise', comparator: likelihoodComparator({ model }) });
    const stop = new AbortController();
    const work = reranker.rerank(candidates(60, 'q1'), {
      signal: stop.signal,
      onProgress: ({ done }) => done === 3 && stop.abort(new Error('enough')),
    });
    await expect(work).rejects.toThrow('enough');
    expect((await reranker.rerank(candidates(3, 'q1'))).items).toHaveLength(3);
  });
});
