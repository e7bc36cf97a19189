import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Passage } from '../../../src/core/passage.js';
import { PassageStore } from '../../../src/formats/passage-store.js';
import { Funnel } from '../../../src/generate/funnel.js';
import { checkSource } from '../../../src/generate/queries/check-source.js';
import type { EmbeddingModel } from '../../../src/models/embedding-model.js';
import { cleanCorpus } from '../../../src/pipeline/generation/clean-corpus.js';
import { queryCheck } from '../../../src/pipeline/generation/contamination-checks.js';
import { parseRecipe } from '../../../src/pipeline/recipe/load-recipe.js';

const folder = await mkdtemp(join(tmpdir(), 'rankforge-contamination-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Words of one subject are one dimension: texts about the same subjects are alike, whatever their words. */
const subjects = [
  ['cat', 'feline', 'kitten'],
  ['food', 'eat', 'meal', 'diet'],
  ['tax', 'levy', 'duty'],
  ['house', 'home', 'dwelling'],
];
const embedded: string[] = [];
const encoder: EmbeddingModel = {
  id: 'subjects',
  dimensions: subjects.length + 1,
  embed: async (texts) => {
    embedded.push(...texts);
    return texts.map((text) => {
      const vector = Float32Array.from([...subjects, []], (words, at) =>
        at === subjects.length ? 0.1 : words.filter((word) => text.toLowerCase().includes(word)).length,
      );
      const length = Math.hypot(...vector);
      return vector.map((value) => value / length);
    });
  },
  async [Symbol.asyncDispose]() {},
};

const hygieneOf = (hygiene: object) =>
  parseRecipe({
    name: 'tiny',
    dataset: 'data',
    models: { writer: { model: 'qwen2.5-coder-1.5b-instruct' } },
    generate: { model: 'writer', count: 3, hygiene },
  }).generate.hygiene;

const evaluation = [{ id: 'q1', text: 'what does a cat eat' }];
const passage: Passage = { id: 'p', text: 'Anything at all about it.' };
const written = (text: string) => ({
  query: { id: 'w', text },
  passage,
  type: 'question' as const,
  ledgerKeys: [],
});

test.each([
  [0.9, 'which meal suits a feline?', 'similar-to-evaluation-query'],
  [0.9, 'is there a levy on a dwelling?', undefined],
  [undefined, 'which meal suits a feline?', undefined],
  [0.9, 'What does a cat eat?', 'evaluation-query'],
])('with a least cosine of %s "%s" is %s', async (embedding, text, reason) => {
  embedded.length = 0;
  const contamination = await queryCheck(evaluation, hygieneOf({ embedding }), { seed: 7, encoder });
  const checked = await checkSource(written(text), { contamination }, {});
  expect('reason' in checked ? checked : undefined).toEqual(reason && { stage: 'contamination', reason });
  // What is told by its words, or not to be told by meaning, is not embedded.
  expect(embedded.includes(text)).toBe(embedding !== undefined && reason !== 'evaluation-query');
});

test('a document that says the same as an evaluation text in other words is left out', async () => {
  const passages = new Map(
    [
      { id: 'same', text: 'Kittens thrive on a varied diet.' },
      { id: 'other', text: 'Duty is due on every home.' },
    ].map((one) => [one.id, one]),
  );
  const texts = { queries: [], passages: [{ id: 'x', text: 'A feline likes its food.' }] };
  const cleaned = async (hygiene: object) => {
    const funnel = new Funnel();
    await using store = new PassageStore({ path: join(folder, 'passages.tmp') });
    const kept = await cleanCorpus(passages, hygieneOf(hygiene), {
      evaluation: texts,
      seed: 7,
      encoder,
      funnel,
      store,
    });
    return { kept: [...kept.keys()], rejected: funnel.stage('passage-contamination').rejected };
  };
  expect(await cleaned({ embedding: 0.9 })).toEqual({
    kept: ['other'],
    rejected: { 'similar-to-evaluation-passage': 1 },
  });
  expect(await cleaned({})).toEqual({ kept: ['same', 'other'], rejected: {} });
  const all = { ...texts, passages: [...passages.values()] };
  await using store = new PassageStore({ path: join(folder, 'none.tmp') });
  const none = cleanCorpus(passages, hygieneOf({}), {
    evaluation: all,
    seed: 7,
    encoder,
    funnel: new Funnel(),
    store,
  });
  await expect(none).rejects.toMatchObject({
    code: 'empty-corpus',
    message: 'Cleaning left none of 2 documents: evaluation-passage 2',
    where: 'generate.hygiene',
  });
});
