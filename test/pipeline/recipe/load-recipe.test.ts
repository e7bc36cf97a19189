import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { createForgeContext } from '../../../src/pipeline/forge-context.js';
import { loadRecipe, parseRecipe } from '../../../src/pipeline/recipe/load-recipe.js';
import { modelSettings, recipeHash } from '../../../src/pipeline/recipe/recipe.js';
import { hashFile } from '../../../src/pipeline/stage.js';
import { generateStage } from '../../../src/pipeline/stages/generate.js';

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

test('what students are trained with is checked when the recipe is read', () => {
  const training = (text: string) => loadRecipe(file(`${minimal}distill: { training: ${text} }\n`));
  expect(
    training('{ loss: "kl:1,mse:0.1", importance: false, curriculum: focal, twoHeads: true }').distill
      .training,
  ).toEqual({
    loss: 'kl:1,mse:0.1',
    importance: false,
    curriculum: 'focal',
    twoHeads: true,
  });
  for (const wrong of [
    '{ loss: klx }',
    '{ loss: wasserstein }',
    '{ curriculum: hard-first }',
    '{ losses: kl }',
    '{ twoHeads: 2 }',
  ])
    expect(() => training(wrong)).toThrow(expect.objectContaining({ code: 'bad-recipe' }));
});

/** A recipe with every kind of file, and the files, in a new folder. */
function folderOfFiles(): string {
  const folder = mkdtempSync(join(tmpdir(), 'rankforge-recipe-'));
  const files = {
    'log.txt': 'ferns in shade\n',
    'examples.jsonl': '{"query": "ferns", "passage": "Ferns like shade."}\n',
    'threshold.json': '{}',
    'model.gguf': 'GGUF',
    'data/corpus.jsonl': '{"_id": "a", "text": "Ferns like shade."}\n',
    'data/queries.jsonl': '{"_id": "q", "text": "ferns"}\n',
    'data/qrels/test.tsv': 'query-id\tcorpus-id\tscore\nq\ta\t1\n',
    'other/corpus.jsonl': '{"_id": "a", "text": "Moss likes rain."}\n',
    'other/queries.jsonl': '{"_id": "q", "text": "moss"}\n',
    'other/qrels/dev.tsv': 'query-id\tcorpus-id\tscore\nq\ta\t1\n',
    'more/other/queries.jsonl': '{"_id": "q", "text": "lichen"}\n',
  };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  writeFileSync(
    join(folder, 'recipe.yaml'),
    minimal.replace('qwen2.5-coder-1.5b-instruct', join(folder, 'model.gguf')) +
      `  sample: { method: query-log, log: log.txt }
  examples: { file: examples.jsonl }
  negatives: { threshold: threshold.json }
  hygiene: { against: [other, more/other] }
`,
  );
  return folder;
}

const recipeIn = (folder: string) => loadRecipe(join(folder, 'recipe.yaml'));

test('two recipes with the same settings have the same hash wherever they and their files lie', () => {
  expect(recipeHash(loadRecipe(file(minimal)))).toBe(recipeHash(loadRecipe(file(minimal))));
  const renamed = join(mkdtempSync(join(tmpdir(), 'rankforge-recipe-')), 'renamed.yaml');
  writeFileSync(renamed, minimal);
  expect(recipeHash(loadRecipe(renamed))).toBe(recipeHash(loadRecipe(file(minimal))));
  expect(recipeHash(loadRecipe(file(minimal)))).not.toBe(recipeHash(loadRecipe(file(`${minimal}seed: 8\n`))));
  const folder = folderOfFiles();
  expect(recipeHash(recipeIn(folder))).toBe(recipeHash(recipeIn(folderOfFiles())));
  const recipe = recipeIn(folder);
  const stageOf = (at: string) => generateStage(createForgeContext(recipeIn(at), { out: at }));
  // Weights are told by their time as well.
  const withoutWeights = (at: string) => ({ ...(stageOf(at).settings as object), models: undefined });
  const moved = folderOfFiles();
  expect(withoutWeights(moved)).toEqual(withoutWeights(folder));
  expect(Object.keys(stageOf(moved).files!)).toEqual(Object.keys(stageOf(folder).files!));
  expect(recipe.generate.sample).toMatchObject({ log: join(folder, 'log.txt') });
  expect(recipe.generate.hygiene.against).toEqual([join(folder, 'other'), join(folder, 'more/other')]);
});

test.each([
  'log.txt',
  'examples.jsonl',
  'threshold.json',
  'data/corpus.jsonl',
  'data/qrels/test.tsv',
  'other/corpus.jsonl',
  'other/queries.jsonl',
  'other/qrels/dev.tsv',
  'more/other/queries.jsonl',
])('what generation is made from changes with %s', async (name) => {
  const folder = folderOfFiles();
  const inputs = async (): Promise<Record<string, string>> => {
    const { files } = generateStage(createForgeContext(recipeIn(folder), { out: folder }));
    const hashed = Object.entries(files!).map(async ([as, path]) => [as, await hashFile(path)]);
    return Object.fromEntries(await Promise.all(hashed));
  };
  const before = await inputs();
  writeFileSync(join(folder, name), 'something else\n');
  const after = await inputs();
  const changed = Object.keys(before).filter((as) => before[as] !== after[as]);
  expect(changed).toHaveLength(1);
});

test('judgements that examples are shown from are read too', () => {
  const folder = folderOfFiles();
  writeFileSync(join(folder, 'data/qrels/train.tsv'), 'query-id\tcorpus-id\tscore\nq\ta\t1\n');
  const recipe = parseRecipe({
    name: 'tiny',
    dataset: join(folder, 'data'),
    models: { writer: { model: 'qwen2.5-coder-1.5b-instruct' } },
    generate: { model: 'writer', count: 3, examples: { split: 'train' } },
  });
  const { files } = generateStage(createForgeContext(recipe, { out: folder }));
  expect(Object.values(files!)).toContain(join(folder, 'data/qrels/train.tsv'));
});

test.each([
  ['a log gives the types that nobody gave', '', { types: true }, undefined],
  [
    'types that were given go before those of a log',
    '  types: { claim: 1 }\n',
    { types: false },
    { claim: 1 },
  ],
  [
    'types are weights, as those of a mix are',
    '  types: { question: 2, claim: 1 }\n',
    { types: false },
    { question: 2, claim: 1 },
  ],
  ['a log is not followed where it is not wanted', ', types: false', { types: false }, undefined],
])('%s', (_name, more, sample, types) => {
  const [inside, after] = more.startsWith(',') ? [more, ''] : ['', more];
  const { generate } = loadRecipe(
    file(`${minimal}  sample: { method: query-log, log: log.txt${inside} }\n${after}`),
  );
  expect(generate.sample).toMatchObject(sample);
  expect(generate.types).toEqual(types ?? { question: 0.5, keyword: 0.25, 'how-to': 0.25 });
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
    6,
    /"wrtier"/,
    'Did you mean "writer"?',
  ],
  [
    'a method that is none',
    `${minimal}  sample: { method: clutser }\n`,
    8,
    /sample.method/,
    'Did you mean "cluster"?',
  ],
  ['a mode that is none', `${minimal}  judge: { mode: garded }\n`, 8, /judge.mode/, 'Did you mean "graded"?'],
  [
    'a value inside what may be a number too',
    `${minimal}  graded:\n    share: 0.5\n    onDisagreement: rewirte\n`,
    10,
    /generate.graded.onDisagreement/,
    'Did you mean "rewrite"?',
  ],
  [
    'a kind in a list inside a union',
    `${minimal}  hygiene: { pii: { kinds: [emial] } }\n`,
    8,
    /pii.kinds.0/,
    'Did you mean "email"?',
  ],
  [
    'neither a number nor a section',
    `${minimal}  graded: much\n`,
    8,
    /generate.graded: Invalid/,
    /recipe\.md/,
  ],
  [
    'nothing to write about',
    minimal.replace('dataset: ./data\n', ''),
    1,
    /dataset: there is nothing/,
    /topics/,
  ],
  [
    'a judge in its own panel',
    `${minimal}  judge:\n    panel:\n      - writer\n`,
    10,
    /generate.judge.panel.0: writer judges already, as judge.model or the writer/,
    /Name other models/,
  ],
  [
    'a panel that names one model by two names',
    `${minimal}  judge: { panel: [one, two] }\n`.replace(
      'models:\n',
      'models:\n  one: { model: smollm2-135m-instruct }\n  two: { model: smollm2-135m-instruct, context: 2048 }\n',
    ),
    10,
    /panel.1: two is the same model as one/,
    /Name other models/,
  ],
  [
    'a judge measured by nobody',
    `${minimal.replace('dataset: ./data\n', '')}  topics: { domain: houseplants }\n  judge: { measured: 5 }\n`,
    8,
    /judge.measured: the judge is measured on pairs of a dataset/,
    /Name a dataset with qrels/,
  ],
  [
    'a panel that names the judge again',
    `${minimal}  judge: { model: two, panel: [writer, two] }\n`.replace(
      'models:\n',
      'models:\n  two: { model: smollm2-135m-instruct }\n',
    ),
    9,
    /panel.1: two judges already/,
    /Name other models/,
  ],
  [
    'examples of the split that is measured on',
    `${minimal}  examples: { split: dev }\nevaluate: { split: dev }\n`,
    8,
    /examples.split: the examples shown/,
    /another split/,
  ],
  [
    'examples of the split that is measured on unless told otherwise',
    `${minimal}  examples:\n    split: test\n`,
    9,
    /examples.split: the examples shown/,
    /another split/,
  ],
  [
    'contamination by meaning without an encoder',
    `${minimal}  hygiene: { embedding: 0.9 }\nencoder: none\n`,
    8,
    /hygiene.embedding: this needs an encoder/,
    /n-grams/,
  ],
  ...[
    ['negatives: { mined: 3 }', /negatives.mined: negatives come from documents/],
    ['negatives: { mix: [{ kind: random, share: 1 }] }', /negatives.mix: negatives come from documents/],
    ['sample: { method: quota, field: lang }', /sample.method: documents are sampled/],
    ['edits: { share: 0.1 }', /edits.share: edits are made of documents/],
    ['types: { multi-hop: 1 }', /types.multi-hop: multi-hop queries are written from documents/],
    ['hygiene: { pii: true }', /hygiene.pii: personal data/],
    ['split: { by: topic }', /split.by: a split by topic/],
    ['minWords: 10', /generate.minWords: the words of documents/],
    ['roundTrip: 20', /generate.roundTrip: a source is found again among documents/],
    ['unanswerable: 5', /generate.unanswerable: documents that are found/],
    ['reversed: trust', /generate.reversed: reversed queries/],
    ['documents: 5', /generate.documents: documents are sampled/],
    ['sample: { method: uniform }', /sample.method: documents are sampled/],
    ['negatives: { mined: 0, band: [2, 40] }', /negatives.band: negatives come from documents/],
    ['hygiene: { unknownLanguage: keep }', /hygiene.unknownLanguage: documents are told/],
    ['graded: 0.5', /generate.graded: with topics every query gets written passages/],
    ['graded: { share: 0.5, lengthBias: warn }', /graded.share: with topics every query/],
  ].map(
    ([line, message]) =>
      [
        `${line} without documents`,
        `${minimal}  topics: { domain: houseplants }\n  ${line}\n`,
        9,
        message as RegExp,
        /take topics out and name a dataset/,
      ] as [string, string, number, RegExp, RegExp],
  ),
  [
    'teachers without documents',
    `${minimal}  topics: { domain: houseplants }\nteachers:\n  - { name: one, compare: pointwise, model: writer }\n`,
    9,
    /teachers: teachers are measured by the documents/,
    /take topics out/,
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

test('what is turned off, or left to its default, is not refused without documents', () => {
  const off = ['roundTrip: 0', 'negatives: { mined: 0, random: 0 }', 'edits: { share: 0 }', 'graded: 1'];
  const path = file(
    `${minimal}  topics: { domain: houseplants }\n${off.map((line) => `  ${line}\n`).join('')}`,
  );
  expect(loadRecipe(path).generate).toMatchObject({ roundTrip: 0, minWords: 25, graded: { share: 1 } });
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
