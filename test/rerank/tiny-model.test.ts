import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Candidates } from '../../src/core/candidates.js';
import { randomStream } from '../../src/core/random.js';
import type { Ranking } from '../../src/core/ranking.js';
import { bundledStudentFolder } from '../../src/distill/bundled-student.js';
import { studentComparator } from '../../src/distill/student-comparator.js';
import { loadStudent } from '../../src/distill/student-folder.js';
import { openEncoder } from '../../src/models/encoder/encoder.js';
import { type LlamaLanguageModel, openLlama } from '../../src/models/llama/llama-model.js';
import type { Comparator } from '../../src/rerank/comparator.js';
import { endpointComparator } from '../../src/rerank/comparators/endpoint/endpoint.js';
import { firstComparator } from '../../src/rerank/comparators/first.js';
import { likelihoodComparator } from '../../src/rerank/comparators/likelihood.js';
import { pointwiseComparator } from '../../src/rerank/comparators/pointwise.js';
import { type ComparatorName, openComparator } from '../../src/rerank/comparators/registry.js';
import { chooseLabels } from '../../src/rerank/labels.js';
import { plan } from '../../src/rerank/plan.js';
import { type ProgramName, parseProgram } from '../../src/rerank/programs/registry.js';
import { composeReranker } from '../../src/rerank/reranker.js';
import { checkPair, whySenseless } from '../../src/rerank/sensible-pair.js';
import { startRerankServer } from '../../src/surfaces/http/rerank-server.js';
import { tinyGguf } from '../fixtures/tiny-gguf.js';
import { writeTinyBert } from '../models/encoder/tiny-bert.js';

const vocabulary =
  'the search engine ranks passages by how well each one answers query water energy student teacher label'.split(
    ' ',
  );

function candidates(n: number, id: string, { least = 25, spread = 30 } = {}): Candidates {
  const random = randomStream(1, id);
  return {
    query: { id, text: 'which passage answers the query about water' },
    items: Array.from({ length: n }, (_, index) => ({
      passage: {
        id: `${id}-${index}`,
        text: Array.from(
          { length: least + random.int(spread) },
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

  test('one pass ranks 100 passages: 52 letters, 10 digits and what of two signs is one token', async () => {
    const comparator = firstComparator({ model });
    const { query, items } = candidates(100, 'many', { least: 4, spread: 3 });
    const { order, scores, usage, warnings } = await comparator.compare(
      query,
      items.map(({ passage }) => passage),
    );
    expect([...order].sort((a, b) => a - b)).toEqual(items.map((_, index) => index));
    expect(new Set(scores).size).toBe(100);
    expect(usage.calls).toBe(1);
    expect(warnings).toEqual([]);
  });

  test('a vocabulary too small for so many labels is an error that says what to do', async () => {
    const reranker = composeReranker({ program: 'full', comparator: firstComparator({ model }) });
    await expect(reranker.rerank(candidates(200, 'many', { least: 4, spread: 3 }))).rejects.toMatchObject({
      code: 'ambiguous-labels',
      hint: expect.stringContaining('smaller windows'),
    });
  });

  // Each program in its shortest form that still takes several rounds or groups of 9 passages.
  const programForms = {
    full: 'full',
    sliding: 'sliding:4/2',
    tdpart: 'tdpart:4@2',
    tournament: 'tournament',
    blocks: 'blocks:3/2',
    pointwise: 'pointwise',
    groupwise: 'groupwise:4',
    adaptive: 'adaptive:4@2',
    swiss: 'swiss',
    'setwise-heap': 'setwise-heap:3@2',
    'setwise-bubble': 'setwise-bubble:3@2',
    'pairwise-all': 'pairwise-all',
    'pairwise-heap': 'pairwise-heap@2',
    'pairwise-bubble': 'pairwise-bubble@2',
  } satisfies Record<ProgramName, string>;
  // What a random model writes is no ranking: `generate` and `reason` have a test of their own below.
  const oneOf: Partial<Record<ComparatorName, string>> = {
    first: 'first',
    setwise: 'setwise',
    pairwise: 'pairwise',
    pointwise: 'pointwise',
    groupwise: 'groupwise',
    likelihood: 'likelihood',
    bm25: 'bm25',
    oracle: 'oracle',
    noisy: 'noisy:0.5',
  };
  const forms = [...Object.values(oneOf), 'pointwise:graded'];
  const pairs = Object.values(programForms).flatMap((program) =>
    forms.map((comparator): [string, string] => [program, comparator]),
  );

  test.each(pairs.filter(([program, comparator]) => whySenseless(program, comparator) === undefined))(
    '%s × %s: ranks every passage in the calls and tokens that its comparisons cost',
    async (program, spec) => {
      const { query, items } = candidates(9, 'q', { least: 3, spread: 4 });
      const qrels = new Map([['q', new Map(items.map(({ passage }, index) => [passage.id, index % 4]))]]);
      const comparator = await openComparator(spec, { model, qrels, seed: 1 });
      let cost = { calls: 0, promptTokens: 0, outputTokens: 0 };
      const counted: Comparator = {
        ...comparator,
        compare(asked, passages, options) {
          const one = comparator.cost(asked, passages);
          cost = {
            calls: cost.calls + one.calls,
            promptTokens: cost.promptTokens + one.promptTokens,
            outputTokens: cost.outputTokens + one.outputTokens,
          };
          return comparator.compare(asked, passages, options);
        },
      };
      const ranking = await composeReranker({
        program: parseProgram(program, { seed: 1 }),
        comparator: counted,
      }).rerank({ query, items });
      expect(ranking.items.map(({ id }) => id).sort()).toEqual(items.map(({ passage }) => passage.id).sort());
      expect(ranking.warnings.filter(({ code }) => code !== 'order-inconsistency')).toEqual([]);
      expect(ranking.usage.calls).toBe(cost.calls);
      expect(ranking.usage.promptTokens).toBe(cost.promptTokens);
      // A reply held to a schema may be spaced in several ways.
      const tokens = ranking.usage.promptTokens + ranking.usage.outputTokens;
      expect(Math.abs(cost.promptTokens + cost.outputTokens - tokens)).toBeLessThanOrEqual(0.02 * tokens);
      if (comparator.provenance?.promptId) expect(ranking.provenance?.modelId).toBe(model.id);
    },
  );

  test.each(pairs.filter(([program, comparator]) => whySenseless(program, comparator) !== undefined))(
    '%s × %s: is refused, with a program that goes well with it',
    async (program, comparator) => {
      expect(() => checkPair(program, comparator)).toThrow(
        expect.objectContaining({ code: 'usage', hint: expect.stringMatching(/^Use .+ with .+\.$/) }),
      );
    },
  );

  test.each(['first', 'pointwise', 'likelihood'])(
    'sliding:8/4 × %s: a plan over three queries is within 2 %% of what they take',
    async (spec) => {
      const comparator = await openComparator(spec, { model });
      const all = ['q1', 'q2', 'q3'].map((id) => candidates(20, id));
      const planned = plan({ program: 'sliding:8/4', comparator, candidates: all });
      const reranker = composeReranker({ program: 'sliding:8/4', comparator });
      const rankings: Ranking[] = [];
      for (const one of all) rankings.push(await reranker.rerank(one));
      const sum = (of: (ranking: Ranking) => number) => rankings.reduce((total, one) => total + of(one), 0);
      expect(planned.calls).toBe(sum(({ usage }) => usage.calls));
      expect(planned.rounds).toBe(sum(({ usage }) => usage.rounds) / 3);
      const tokens = sum(({ usage }) => usage.promptTokens);
      expect(Math.abs(planned.promptTokens - tokens) / tokens).toBeLessThan(0.02);
    },
  );

  test.each([
    ['full', 'generate'],
    ['sliding:8/4', 'generate'],
    ['full', 'reason:16'],
  ])('%s × %s: what a random model writes is never a ranking', async (program, spec) => {
    const comparator = await openComparator(spec, { model });
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
  });

  // A group of two that the model happens to name one of may be a ranking; whatever is not is kept, and said.
  test.each(
    Object.values(programForms).flatMap((program) =>
      ['generate', 'reason:16']
        .filter((spec) => whySenseless(program, spec) === undefined)
        .map((spec): [string, string] => [program, spec]),
    ),
  )('%s × %s: every passage comes out once, whatever a random model writes', async (program, spec) => {
    const comparator = await openComparator(spec, { model });
    const one = candidates(5, 'q', { least: 3, spread: 4 });
    const reranker = composeReranker({ program, comparator, onFailure: 'keep' });
    const { items, warnings, usage } = await reranker.rerank(one);
    expect(items.map(({ id }) => id).sort()).toEqual(one.items.map(({ passage }) => passage.id).sort());
    expect(usage.outputTokens).toBeGreaterThan(0);
    const known = ['kept-order', 'repaired-ranking'];
    expect(known).toEqual(expect.arrayContaining([...new Set(warnings.map(({ code }) => code))]));
  });

  test.each(
    Object.values(programForms).filter((program) => whySenseless(program, 'student:x') === undefined),
  )('%s × the bundled student: every passage comes out once, without a call', async (program) => {
    const student = studentComparator(await loadStudent(bundledStudentFolder('lexical')));
    const one = candidates(9, 'q');
    const { items, usage } = await composeReranker({ program, comparator: student }).rerank(one);
    expect(items.map(({ id }) => id).sort()).toEqual(one.items.map(({ passage }) => passage.id).sort());
    expect(usage.promptTokens).toBe(0);
  });

  test.each(Object.values(programForms).filter((program) => whySenseless(program, 'fused') === undefined))(
    '%s × fused on a tiny encoder: every passage comes out once, without a call',
    async (program) => {
      await using encoder = await openEncoder({
        weights: { id: 'tiny', folder: await writeTinyBert() },
        threads: 1,
      });
      const one = candidates(9, 'q');
      const comparator = await openComparator('fused', { encoder });
      const { items, usage } = await composeReranker({ program, comparator }).rerank(one);
      expect(items.map(({ id }) => id).sort()).toEqual(one.items.map(({ passage }) => passage.id).sort());
      expect(usage.promptTokens).toBe(0);
    },
  );

  test.each(
    Object.values(programForms).filter((program) => whySenseless(program, 'endpoint:tei') === undefined),
  )('%s × endpoint: orders as the model behind the server does', async (program) => {
    const likelihood = likelihoodComparator({ model });
    // With probabilities, as cross-encoders have them: they are what two requests' scores can be compared by.
    const behind: Comparator = {
      ...likelihood,
      async compare(...asked) {
        const comparison = await likelihood.compare(...asked);
        return { ...comparison, probabilities: comparison.scores!.map((score) => Math.exp(score)) };
      },
    };
    const server = await startRerankServer({
      port: 0,
      reranker: composeReranker({ program: 'pointwise', comparator: behind }),
    });
    try {
      const one = candidates(9, 'q', { least: 3, spread: 4 });
      const comparator = endpointComparator({ shape: 'tei', url: server.url });
      const ranked = async (by: Comparator) =>
        (
          await composeReranker({ program: parseProgram(program, { seed: 1 }), comparator: by }).rerank(one)
        ).items.map(({ id }) => id);
      expect(await ranked(comparator)).toEqual(await ranked(behind));
    } finally {
      await server.stop();
    }
  });

  test('a label counts with the more probable of its spellings, where the vocabulary has both', async () => {
    const messages = [{ role: 'user' as const, content: 'which passage' }];
    // With a blank before it ` a` is one token of this vocabulary, ` A` two.
    const replies = ['a', 'A'];
    const own = await model.nextToken({ messages, replies });
    const blank = await model.nextToken({ messages, replies: [' a', 'A'] });
    const both = await model.nextToken({ messages, replies, spellings: true });
    expect(both.logProbabilities[0]).toBeCloseTo(
      Math.max(own.logProbabilities[0]!, blank.logProbabilities[0]!),
      4,
    );
    expect(both.logProbabilities[1]).toBeCloseTo(own.logProbabilities[1]!, 4);
    expect(both.mass).toBeGreaterThan(own.mass);
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
