import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadRecipe } from '../../../src/pipeline/recipe/load-recipe.js';
import { modelSettings, recipeHash } from '../../../src/pipeline/recipe/recipe.js';

const minimal = `name: tiny
dataset: ./data
models:
  writer: { model: qwen2.5-coder-1.5b-instruct }
generate:
  model: writer
  count: 3
`;

function file(text: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'rankforge-recipe-')), 'recipe.yaml');
  writeFileSync(path, text);
  return path;
}

test('a short recipe gets every default, and its dataset is found from where it lies', () => {
  const path = file(minimal);
  const recipe = loadRecipe(path);
  expect(recipe.dataset).toBe(join(path, '../data'));
  expect(recipe.retrieval).toMatchObject({ k1: 0.9, b: 0.4, depth: 20 });
  expect(recipe.models.writer).toMatchObject({ context: 4096 });
});

test('two recipes with the same settings have the same hash wherever they lie', () => {
  expect(recipeHash(loadRecipe(file(minimal)))).toBe(recipeHash(loadRecipe(file(minimal))));
  const renamed = join(mkdtempSync(join(tmpdir(), 'rankforge-recipe-')), 'renamed.yaml');
  writeFileSync(renamed, minimal);
  expect(recipeHash(loadRecipe(renamed))).toBe(recipeHash(loadRecipe(file(minimal))));
  expect(recipeHash(loadRecipe(file(minimal)))).not.toBe(recipeHash(loadRecipe(file(`${minimal}seed: 8\n`))));
});

test.each([
  ['a misspelt top key', `${minimal}sede: 3\n`, 8, /Unknown key "sede"/, 'Did you mean "seed"?'],
  [
    'a misspelt key inside',
    minimal.replace('count: 3', 'cout: 3'),
    7,
    /Unknown key "generate.cout"/,
    'Did you mean "count"?',
  ],
  [
    'a misspelt key in a model',
    minimal.replace('{ model:', '{ thread: 2, model:'),
    4,
    /models.writer.thread/,
    'Did you mean "threads"?',
  ],
  [
    'a model that is not there',
    minimal.replace('  model: writer', '  model: wrtier'),
    undefined,
    /"wrtier"/,
    'Did you mean "writer"?',
  ],
  ['a value out of range', minimal.replace('count: 3', 'count: 0'), 7, /generate.count/, /recipe\.md/],
  [
    'a misspelt query type',
    `${minimal}  types: { qestion: 1 }\n`,
    8,
    /"generate.types.qestion"/,
    'Did you mean "question"?',
  ],
  ['no query type', `${minimal}  types: { question: 0 }\n`, 8, /generate.types: no type/, /recipe\.md/],
  [
    'a band that ends before it begins',
    `${minimal}  negatives: { band: [40, 2] }\n`,
    8,
    /negatives.band: the first rank/,
    /recipe\.md/,
  ],
  ...[
    ['sample: { method: cluster }', /generate.sample.method: this needs an encoder/],
    ['select: { method: k-centre }', /generate.select.method: this needs an encoder/],
    ['select: { method: quota, by: cluster }', /generate.select.by: this needs an encoder/],
    ['split: { by: topic }', /generate.split.by: this needs an encoder/],
    ['negatives: { from: [bm25, dense] }', /generate.negatives.from: this needs an encoder/],
  ].map(
    ([line, message]) =>
      [
        `${line} without an encoder`,
        `${minimal}  ${line}\nencoder: none\n`,
        8,
        message as RegExp,
        /Name an encoder, or /,
      ] as [string, string, number, RegExp, RegExp],
  ),
  [
    'a mix of what is not mined',
    `${minimal}  negatives: { mix: [{ kind: mined, retriever: bm25, share: 1 }] }\n`,
    8,
    /nothing is mined from bm25/,
    /from/,
  ],
  [
    'a mix of nothing',
    `${minimal}  negatives: { mined: 0, random: 0, mix: [{ kind: random, share: 1 }] }\n`,
    8,
    /shares out no negatives/,
    /sum/,
  ],
  ['an empty mix', `${minimal}  negatives: { mix: [] }\n`, 8, /mix of negatives is empty/, /recipe\.md/],
  ['broken YAML', 'name: [', 1, /Not YAML/, /indentation/],
])('%s is told with its line and what to do', (_name, text, line, message, hint) => {
  const path = file(text);
  let thrown: unknown;
  try {
    loadRecipe(path);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toMatchObject({
    code: 'bad-recipe',
    message: expect.stringMatching(message),
    hint: typeof hint === 'string' ? hint : expect.stringMatching(hint),
    where: line === undefined ? path : `${path}:${line}`,
  });
});

test('weights in a file of their own are told by its size and time too', () => {
  const weights = join(mkdtempSync(join(tmpdir(), 'rankforge-weights-')), 'model.gguf');
  const settings = () =>
    modelSettings(loadRecipe(file(minimal.replace('qwen2.5-coder-1.5b-instruct', weights))));
  const missing = settings();
  writeFileSync(weights, 'GGUF');
  const before = settings();
  writeFileSync(weights, 'GGUF of another model');
  expect(new Set([missing, before, settings()].map((one) => JSON.stringify(one))).size).toBe(3);
});

test('a recipe that is not there', () => {
  expect(() => loadRecipe('no/such/recipe.yaml')).toThrow(expect.objectContaining({ code: 'missing-file' }));
});
