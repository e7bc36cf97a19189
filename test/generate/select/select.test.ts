import { describe, expect, test } from 'vitest';
import type { Example } from '../../../src/core/example.js';
import type { Grade } from '../../../src/core/judgement.js';
import { randomStream } from '../../../src/core/random.js';
import { vectorsOf } from '../../../src/generate/cluster/vector-source.js';
import { Funnel } from '../../../src/generate/funnel.js';
import { pickByDifficulty } from '../../../src/generate/select/by-difficulty.js';
import { compareSelection } from '../../../src/generate/select/compare-selection.js';
import { el2n, exampleDifficulties, failRate } from '../../../src/generate/select/difficulty.js';
import { pickDiverse } from '../../../src/generate/select/diversify-and-conquer.js';
import { embedExamples } from '../../../src/generate/select/embed-examples.js';
import { select } from '../../../src/generate/select/select.js';
import { selectEachType } from '../../../src/generate/select/select-each-type.js';
import type { SelectionInput } from '../../../src/generate/select/selection.js';

const random = randomStream(9, 'examples');
const types = ['question', 'question', 'question', 'keyword'];
const examples: Example[] = Array.from({ length: 200 }, (_, i) => ({
  query: { id: `q${i}`, text: `query ${i}`, metadata: { type: types[i % 4] } },
  passages: [
    {
      passage: { id: `p${i}`, text: 'x' },
      grade: (i % 3 === 0 ? 3 : 2) as Grade,
      kind: 'positive',
      origin: 'corpus',
    },
    { passage: { id: `n${i}`, text: 'y' }, grade: 0, kind: 'hard-negative', origin: 'mined:bm25' },
  ],
  split: 'train',
  ledgerKeys: [],
}));
// Nine in ten lie together; the others far out, each alone.
const vectors = vectorsOf(
  examples.map((_, i) => Float32Array.from({ length: 6 }, () => random.normal() * (i % 10 === 0 ? 20 : 0.5))),
);
const difficulties = examples.map((_, i) => (i % 20) / 20);
const input: SelectionInput = { examples, vectors, difficulties };

const methods = [
  { method: 'random' },
  { method: 'k-centre' },
  { method: 'diversify-and-conquer' },
  { method: 'diversify-and-conquer', weigh: 'difficulty', clusters: 5 },
  { method: 'difficulty' },
  { method: 'difficulty', prefer: 'hardest', dropHardest: 0.1 },
  { method: 'quota', by: 'type' },
  { method: 'quota', by: 'grade', shares: { 3: 1, 2: 1 } },
  { method: 'quota', by: 'cluster', clusters: 4 },
] as const;

describe.each(methods.map((settings) => [JSON.stringify(settings), settings] as const))(
  '%s',
  (_, settings) => {
    const run = (count: number, seed = 7) => select(input, settings as never, { count, seed });

    test('exactly the count, each once, in the order given, by the seed', async () => {
      const { indexes, examples: chosen } = await run(31);
      expect(indexes).toHaveLength(31);
      expect(new Set(indexes).size).toBe(31);
      expect([...indexes].sort((a, b) => a - b)).toEqual(indexes);
      expect(chosen).toEqual(indexes.map((index) => examples[index]));
      expect((await run(31)).indexes).toEqual(indexes);
    });

    test('none, one, all and more than all', async () => {
      expect((await run(0)).indexes).toEqual([]);
      expect((await run(1)).indexes).toHaveLength(1);
      expect((await run(200)).indexes).toHaveLength(200);
      expect((await run(500)).indexes).toHaveLength(200);
    });
  },
);

test('k-centre covers better than random, by far', async () => {
  const { indexes } = await select(input, 'k-centre', { count: 30, seed: 7 });
  const { selected, random, randomDeviation } = await compareSelection(input, indexes, { seed: 7 });
  expect(selected.coverageRadius).toBeLessThan(random.coverageRadius! - 3 * randomDeviation.coverageRadius!);
  expect(selected.meanPairDistance).toBeGreaterThan(
    random.meanPairDistance! + 3 * randomDeviation.meanPairDistance!,
  );
});

test('random is like random', async () => {
  const { indexes } = await select(input, 'random', { count: 60, seed: 3 });
  const { selected, random, randomDeviation } = await compareSelection(input, indexes, {
    seed: 8,
    seeds: 30,
  });
  for (const name of ['meanPairDistance', 'meanDistanceToSelected'] as const) {
    expect(Math.abs(selected[name]! - random[name]!)).toBeLessThan(4 * randomDeviation[name]!);
  }
  expect(random.types.question).toBeCloseTo(0.75, 1);
  expect(random.difficulty!.mean).toBeCloseTo(0.475, 1);
});

test('D&C takes from each cluster in proportion to its size', async () => {
  const rows = Array.from({ length: 100 }, (_, i) =>
    Float32Array.from([i < 60 ? 0 : i < 90 ? 10 : 20, 0.01 * random.normal()]),
  );
  const picked = await pickDiverse(vectorsOf(rows), { count: 20, seed: 1, clusters: 3 });
  const inCluster = (from: number, to: number) => picked.filter((row) => row >= from && row < to).length;
  expect([inCluster(0, 60), inCluster(60, 90), inCluster(90, 100)]).toEqual([12, 6, 2]);
  // Inside a cluster by quality: those of quality 0 only where there are no others.
  const quality = rows.map((_, i) => (i % 2 === 0 ? 1 : 0));
  const better = await pickDiverse(vectorsOf(rows), { count: 20, seed: 1, clusters: 3, quality });
  expect(better.every((row) => row % 2 === 0)).toBe(true);
});

test('hardest, easiest, and hardest but for the very hardest', () => {
  const values = [0.1, 0.9, 0.5, 0.7, 0.3];
  const base = { count: 2, seed: 1 };
  expect(pickByDifficulty(values, { ...base, prefer: 'hardest' })).toEqual([1, 3]);
  expect(pickByDifficulty(values, { ...base, prefer: 'easiest' })).toEqual([0, 4]);
  expect(pickByDifficulty(values, { ...base, prefer: 'hardest', dropHardest: 0.2 })).toEqual([3, 2]);
  expect(pickByDifficulty(values, { count: 5, seed: 1, prefer: 'hardest', dropHardest: 0.9 })).toHaveLength(
    5,
  );
});

test('proportional: the first is drawn as often as its part of the difficulty', () => {
  const values = [1, 2, 5];
  const drawn = [0, 0, 0];
  for (let seed = 0; seed < 4000; seed++) drawn[pickByDifficulty(values, { count: 1, seed })[0]!]! += 1;
  for (const [i, count] of drawn.entries())
    expect(Math.abs(count / 4000 - values[i]! / 8)).toBeLessThan(0.03);
});

test('EL2N and fail rate by hand', () => {
  // Softmax of (ln 3, 0) is (.75, .25); the target is (1, 0).
  expect(el2n([Math.log(3), 0], [3, 0])).toBeCloseTo(Math.hypot(0.25, 0.25), 10);
  expect(el2n([1000, 0], [3, 0])).toBeCloseTo(0, 10);
  expect(el2n([-1000, 0], [3, 0])).toBeCloseTo(Math.SQRT2, 10);
  // Gains 7 and 1: the target is (.875, .125).
  expect(el2n([0, 0], [3, 1])).toBeCloseTo(Math.hypot(0.375, 0.375), 10);
  expect(el2n([2, 2], [0, 0])).toBe(0);
  expect(el2n([2, 0], [3, 0], 1e9)).toBeCloseTo(Math.hypot(0.5, 0.5), 6);
  expect(failRate([3, 2, 1], [3, 1, 0])).toBe(0);
  expect(failRate([1, 2, 3], [3, 1, 0])).toBe(1);
  // Of three pairs one is wrong and one is level.
  expect(failRate([2, 2, 3], [3, 1, 0])).toBeCloseTo((0.5 + 1 + 1) / 3, 10);
  expect(failRate([1, 2], [2, 2])).toBe(0);
});

test('difficulties are means over scorers, and a scorer that fails is named', async () => {
  const right = () => [5, 0];
  const wrong = async () => [0, 5];
  const two = examples.slice(0, 2);
  expect(await exampleDifficulties(two, [right, wrong], { measure: 'fail-rate' })).toEqual([0.5, 0.5]);
  const [easy] = await exampleDifficulties(two, [right]);
  const [hard] = await exampleDifficulties(two, [wrong]);
  expect(hard!).toBeGreaterThan(easy! + 1);
  await expect(exampleDifficulties(two, [() => [1]])).rejects.toMatchObject({ code: 'usage', where: 'q0' });
  await expect(exampleDifficulties(two, [() => [1, Number.NaN]])).rejects.toMatchObject({ code: 'usage' });
  await expect(exampleDifficulties(two, [])).rejects.toMatchObject({ code: 'usage' });
});

test('quotas: exact, and what is missing is said', async () => {
  const shares = { question: 0.5, keyword: 0.5 };
  const { examples: chosen } = await select(
    input,
    { method: 'quota', by: 'type', shares, refill: 'shares' },
    { count: 40, seed: 1 },
  );
  expect(chosen.filter(({ query }) => query.metadata?.type === 'keyword')).toHaveLength(20);
  const short = await select(
    input,
    { method: 'quota', by: 'type', shares: { keyword: 1, claim: 1 }, refill: 'none' },
    { count: 40, seed: 1 },
  );
  expect(short.examples).toHaveLength(20);
  expect(short.notes).toEqual([
    'type claim has 0 of the 20 examples of its quota.',
    '20 of 40 examples were selected.',
  ]);
});

test('what is left out is counted', async () => {
  const funnel = new Funnel();
  await select(input, 'random', { count: 30, seed: 1, funnel });
  expect(funnel.stage('select')).toMatchObject({ in: 200, out: 30, rejected: { 'not-selected': 170 } });
});

test('bad input', async () => {
  const options = { count: 3, seed: 1 };
  await expect(select({ examples }, 'k-centre', options)).rejects.toMatchObject({
    code: 'usage',
    where: 'vectors',
  });
  await expect(select({ examples }, 'difficulty', options)).rejects.toMatchObject({
    code: 'usage',
    where: 'difficulties',
  });
  await expect(select(input, 'kcentre' as never, options)).rejects.toMatchObject({
    code: 'unknown-name',
    hint: 'Did you mean "k-centre"?',
  });
  await expect(select(input, { method: 'random', x: 1 } as never, options)).rejects.toMatchObject({
    code: 'usage',
  });
  await expect(select(input, { method: 'quota' } as never, options)).rejects.toMatchObject({
    code: 'usage',
    where: 'by',
  });
  await expect(select(input, 'random', { count: -1, seed: 1 })).rejects.toMatchObject({
    code: 'usage',
    where: 'count',
  });
  await expect(select({ ...input, difficulties: [1] }, 'random', options)).rejects.toMatchObject({
    code: 'usage',
  });
  const nan = difficulties.map((value, i) => (i === 4 ? Number.NaN : value));
  await expect(select({ ...input, difficulties: nan }, 'random', options)).rejects.toMatchObject({
    where: 'q4',
  });
  expect((await select({ examples: [] }, 'random', options)).examples).toEqual([]);
  await expect(compareSelection(input, [1, 2], { seed: 1, seeds: 1 })).rejects.toMatchObject({
    code: 'usage',
  });
});

test('examples are embedded with their best passage, or by the query alone', async () => {
  const asked: string[] = [];
  const encoder = {
    id: 'lengths',
    dimensions: 1,
    embed: async (texts: readonly string[]) => {
      asked.push(...texts);
      return texts.map(({ length }) => Float32Array.from([length]));
    },
    async [Symbol.asyncDispose]() {},
  };
  const found = await embedExamples(examples.slice(0, 2), encoder);
  expect([found.size, found.dimensions]).toEqual([2, 1]);
  await embedExamples(examples.slice(0, 1), encoder, { text: 'query' });
  expect(asked).toEqual(['query 0\nx', 'query 1\nx', 'query 0']);
});

test.each(methods.filter(({ method }) => method !== 'quota'))(
  'inside each type the mix stays as it was: $method',
  async (settings) => {
    const funnel = new Funnel();
    const chosen = await selectEachType(input, settings, { count: 40, seed: 7, funnel });
    const asked = chosen.examples.filter(({ query }) => query.metadata?.type === 'question');
    expect([chosen.examples.length, asked.length]).toEqual([40, 30]);
    expect(new Set(chosen.indexes).size).toBe(40);
    expect(chosen.examples).toEqual(chosen.indexes.map((index) => examples[index]));
    expect(funnel.stage('select')).toMatchObject({ in: 200, out: 40 });
  },
);

test('a quota has shares of its own, and nothing is selected of nothing', async () => {
  const quota = { method: 'quota', by: 'type', shares: { keyword: 1 } } as const;
  const { examples: chosen } = await selectEachType(input, quota, { count: 20, seed: 7 });
  expect(chosen.every(({ query }) => query.metadata?.type === 'keyword')).toBe(true);
  expect((await selectEachType({ examples: [] }, 'random', { count: 5, seed: 7 })).examples).toEqual([]);
});

test('of a type of pairs with an odd part, the last pair stays whole', async () => {
  const paired = examples.slice(0, 40).map((example, i): Example => {
    const metadata = i < 20 ? { type: 'instructed', twin: `q${i ^ 1}` } : { type: 'question' };
    return { ...example, query: { ...example.query, metadata } };
  });
  const { examples: chosen, notes } = await selectEachType({ examples: paired }, 'random', {
    count: 10,
    seed: 7,
  });
  expect(chosen).toHaveLength(10);
  const ids = new Set(chosen.map(({ query }) => query.id));
  for (const { query } of chosen)
    if (query.metadata?.twin) expect(ids).toContain(String(query.metadata.twin));
  expect(notes?.join(' ')).not.toContain('was parted');
});
