import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { distance } from 'fastest-levenshtein';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { z } from 'zod';
import { RankforgeError } from '../../../src/core/errors.js';
import { loadRecipe, parseRecipe } from '../../../src/pipeline/recipe/load-recipe.js';
import { Recipe } from '../../../src/pipeline/recipe/recipe.js';

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly propertyNames?: { readonly enum?: readonly string[] };
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly const?: unknown;
}

/** An object of the schema: where it stands, its keys, and what tells it from the others that may stand there. */
interface Section {
  readonly path: readonly (string | number)[];
  readonly keys: readonly string[];
  readonly told: Readonly<Record<string, unknown>>;
}

/** Every object that a recipe may hold, from the schema as JSON Schema. */
function sectionsOf(schema: JsonSchema, path: Section['path'] = []): Section[] {
  const { properties, propertyNames, additionalProperties, items } = schema;
  const sections = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].flatMap((one) => sectionsOf(one, path));
  if (items) sections.push(...sectionsOf(items, [...path, 0]));
  if (properties) {
    const told = Object.entries(properties).flatMap(([key, { const: value }]) =>
      value === undefined ? [] : [[key, value]],
    );
    sections.push({ path, keys: Object.keys(properties), told: Object.fromEntries(told) });
    for (const [key, inner] of Object.entries(properties))
      sections.push(...sectionsOf(inner, [...path, key]));
  }
  if (propertyNames?.enum) sections.push({ path, keys: propertyNames.enum, told: {} });
  else if (typeof additionalProperties === 'object')
    sections.push(...sectionsOf(additionalProperties, [...path, 'writer']));
  return sections;
}

const sections = sectionsOf(z.toJSONSchema(Recipe, { io: 'input' }) as JsonSchema);

test('the schema has every section that there is', () => {
  const names = sections.map(({ path }) => path.join('.'));
  for (const name of [
    '',
    'models.writer.price',
    'retrieval.fusion',
    'teachers.0',
    'generate.topics',
    'generate.types',
    'generate.voices',
    'generate.graded',
    'generate.hygiene.pii',
    'generate.negatives.mix.0',
    'generate.sample',
    'generate.select',
  ])
    expect(names).toContain(name);
  expect(sections.filter(({ path }) => path.join('.') === 'generate.sample')).toHaveLength(5);
});

const misspellings = fc.constantFrom<(key: string, at: number) => string>(
  (key, at) => key.slice(0, at) + key.slice(at + 1),
  (key, at) => `${key.slice(0, at)}x${key.slice(at + 1)}`,
  (key, at) => `${key.slice(0, at)}x${key.slice(at)}`,
  (key, at) => key.slice(0, at) + (key[at + 1] ?? '') + key[at]! + key.slice(at + 2),
);

const keys = sections.flatMap((section) => section.keys.map((key) => ({ section, key })));

/** A right recipe but for one value. */
function recipeWith(path: Section['path'], value: object): Record<string, unknown> {
  const recipe = {
    name: 'tiny',
    dataset: 'data',
    models: { writer: { model: 'qwen2.5-coder-1.5b-instruct' } },
    generate: { model: 'writer', count: 3 },
  };
  let node = recipe as Record<string, unknown>;
  for (const [depth, step] of path.entries()) {
    const next = path[depth + 1];
    node[step] ??= typeof next === 'number' ? [] : {};
    node = node[step] as Record<string, unknown>;
  }
  Object.assign(node, value);
  return recipe;
}

function refusal(load: () => unknown): RankforgeError {
  try {
    load();
  } catch (error) {
    if (error instanceof RankforgeError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

const folder = mkdtempSync(join(tmpdir(), 'rankforge-misspelt-'));

test.each(keys.map(({ section, key }) => [[...section.path, key].join('.'), section, key] as const))(
  '%s, misspelt by one letter, is told with its line and the right name',
  (_name, { path, keys: known, told }, key) => {
    fc.assert(
      fc.property(misspellings, fc.nat(key.length - 1), (misspell, at) => {
        const misspelt = misspell(key, at);
        fc.pre(misspelt !== '' && !known.includes(misspelt));
        // A discriminator that is misspelt is not there either.
        const { [key]: _left, ...others } = told;
        const values = recipeWith(path, { ...others, [misspelt]: 'this one' });
        const text = stringify(values);
        const file = join(folder, 'recipe.yaml');
        writeFileSync(file, text);
        const line = 1 + text.split('\n').findIndex((one) => one.endsWith('this one'));
        const error = refusal(() => loadRecipe(file));
        const full = [...path, misspelt].join('.');
        expect(error).toMatchObject({
          code: 'bad-recipe',
          message: `Unknown key "${full}"`,
          where: `${file}:${line}`,
        });
        // Another key may be as near: "b" without its letter could be any of one letter.
        const near = known.filter((one) => distance(one, misspelt) <= distance(key, misspelt));
        const guess = /^Did you mean "(.+)"\?$/.exec(String(error.hint))?.[1];
        if (near.length === 1) expect(guess).toBe(key);
        else expect(guess === undefined || distance(guess, misspelt) <= distance(key, misspelt)).toBe(true);
        expect(refusal(() => parseRecipe(values as never))).toMatchObject({ where: full, hint: error.hint });
      }),
      { numRuns: 6 },
    );
  },
);
