import { readFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { type Document, isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { fromFileError, RankforgeError } from '../core/errors.js';
import { hashValue } from '../core/hash.js';
import { nearestName, unknownName } from '../core/names.js';
import { measure } from '../evaluate/parse-measure.js';
import { defaultTypes, type QueryTypeName, queryTypes } from '../generate/query-types.js';
import { comparators, needsModel } from '../rerank/comparators/registry.js';
import { parseProgram } from '../rerank/programs/registry.js';

const share = z.number().min(0).max(1);
const positive = z.number().int().positive();
const count = z.number().int().min(0);

const ModelEntry = z.strictObject({
  /** Alias, weights URI, .gguf path, `openai:MODEL` or `huggingface:MODEL`. */
  model: z.string().min(1),
  /** Tokens of context, prompt and reply together. */
  context: positive.default(4096),
  /** Processor threads; absent: one per physical core. */
  threads: positive.optional(),
  /** Where an `openai:` model is served. */
  baseUrl: z.url().optional(),
  /** US dollars per million tokens, for the budget and the report. */
  price: z.strictObject({ prompt: z.number().min(0), output: z.number().min(0) }).optional(),
  /** Calls under way at once. A local model runs one after the other whatever this says. */
  concurrency: positive.default(4),
});

const Teacher = z.strictObject({
  name: z.string().regex(/^[\w.-]+$/),
  /** Program: full, sliding:20/10, pointwise. */
  method: z.string().default('pointwise'),
  /** Comparator: first, generate, pointwise, likelihood. */
  compare: z.string(),
  /** A name under `models`. */
  model: z.string(),
  /** Candidates a query that it scores; absent: `retrieval.depth`. */
  depth: positive.optional(),
});

const Recipe = z.strictObject({
  name: z.string().regex(/^[\w.-]+$/, 'letters, digits, dot, dash and underscore only'),
  /** BEIR folder, relative to the recipe. */
  dataset: z.string().min(1),
  seed: z.number().int().default(7),
  models: z.record(z.string(), ModelEntry),
  /** Encoder alias for dense retrieval; `none` to work without one. */
  encoder: z.string().default('all-minilm-l6-v2'),
  budget: z
    .strictObject({
      calls: positive.optional(),
      tokens: positive.optional(),
      usd: z.number().positive().optional(),
    })
    .default({}),
  retrieval: z
    .strictObject({
      k1: z.number().positive().default(0.9),
      b: share.default(0.4),
      /** Weights of the untrained fusion of z-scores: of the first stage, and with feedback of what labels and students start from. */
      fusion: z
        .strictObject({
          bm25: z.number().min(0).default(0.5),
          dense: z.number().min(0).default(1),
          feedback: z.number().min(0).default(0.5),
        })
        .prefault({}),
      /** Candidates a query that are reranked and learned from. */
      depth: positive.default(20),
    })
    .prefault({}),
  generate: z.strictObject({
    /** A name under `models`. */
    model: z.string(),
    /** Accepted training queries wanted: exactly this many, or the run says why not. */
    count: positive,
    /** Shares of query types. */
    types: z
      .partialRecord(z.enum(Object.keys(queryTypes) as [QueryTypeName, ...QueryTypeName[]]), share)
      .default(defaultTypes),
    /** Shortest passage, in words, that a query is written about. */
    minWords: count.default(25),
    /** Share of the queries that also get written passages of levels 3 to 0. */
    graded: share.default(0.1),
    negatives: z
      .strictObject({
        mined: count.default(6),
        random: count.default(2),
        /** First and last rank that negatives are taken from, 1-based. */
        band: z.tuple([positive, positive]).default([2, 40]),
        /** A candidate the judge grades at or above this is no negative. */
        falseNegativeGrade: z.number().int().min(1).max(3).default(2),
      })
      .prefault({}),
    judge: z
      .strictObject({
        /** A name under `models`; absent: the writer. */
        model: z.string().optional(),
        mode: z.enum(['yes-no', 'graded']).default('yes-no'),
      })
      .prefault({}),
    /** The source passage must be among the first k of the untrained fusion; 0 turns the filter off. */
    roundTrip: count.default(20),
    validation: share.default(0.2),
  }),
  teachers: z.array(Teacher).default([]),
  students: z
    .array(z.enum(['linear', 'lambdamart', 'mlp']))
    .min(1)
    .default(['linear', 'lambdamart', 'mlp']),
  evaluate: z
    .strictObject({
      /** The judged split, which nothing trains on; absent: `test` where there is one. */
      split: z.string().optional(),
      measures: z.array(z.string()).min(1).default(['nDCG@10', 'RR@10', 'R@20', 'AP']),
      /** Judged queries, drawn by the seed, that each teacher is measured on besides its known items; 0 for none. */
      teacherQueries: count.default(24),
      /** Largest p of the paired test that passes the gate. */
      alpha: z.number().gt(0).lt(1).default(0.05),
    })
    .prefault({}),
});

/** A checked recipe, every default filled in. Paths are absolute. */
export type Recipe = z.infer<typeof Recipe> & { readonly path: string };
export type ModelEntry = z.infer<typeof ModelEntry>;
export type TeacherEntry = z.infer<typeof Teacher>;

/**
 * Reads and checks a recipe.
 * @throws RankforgeError `missing-file`, or `bad-recipe` with file:line and, for a misspelt key, the nearest right one
 */
export function loadRecipe(path: string): Recipe {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw fromFileError(error, path);
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [yamlError] = document.errors;
  if (yamlError) {
    throw new RankforgeError('bad-recipe', `Not YAML: ${yamlError.message.split('\n')[0]}`, {
      where: `${path}:${yamlError.linePos?.[0].line ?? 1}`,
      hint: 'Mend the line; indentation is two spaces, lists begin with "- ".',
    });
  }
  const result = Recipe.safeParse(valuesOf(document, path));
  if (!result.success) {
    // A misspelt key also makes the right one missing: the misspelling is the news.
    const { issues } = result.error;
    throw fromIssue(
      issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0]!,
      path,
      document,
      lines,
    );
  }
  const recipe: Recipe = {
    ...result.data,
    path: resolve(path),
    dataset: resolve(dirname(path), result.data.dataset),
  };
  checkNames(recipe, path);
  return recipe;
}

/**
 * A recipe from values instead of a file; its dataset's path counts from the working directory.
 * @throws RankforgeError `bad-recipe`
 */
export function parseRecipe(values: z.input<typeof Recipe>): Recipe {
  const result = Recipe.safeParse(values);
  if (!result.success) {
    throw new RankforgeError('bad-recipe', z.prettifyError(result.error), {
      hint: 'See docs/formats/recipe.md for every key and its values.',
    });
  }
  const recipe = { ...result.data, path: resolve('recipe.yaml'), dataset: resolve(result.data.dataset) };
  checkNames(recipe, 'the recipe');
  return recipe;
}

/** What the YAML holds. An alias without its anchor, or too many of them, is found only here. */
function valuesOf(document: Document, path: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    throw new RankforgeError('bad-recipe', `Not YAML: ${(error as Error).message}`, {
      where: path,
      hint: 'Mend the alias: *name needs an &name above it.',
      cause: error,
    });
  }
}

/** Names that a schema cannot check: a misspelt one is told now, not after an hour of generating. */
function checkNames(recipe: Recipe, path: string): void {
  for (const [where, name] of [
    ['generate.model', recipe.generate.model],
    ['generate.judge.model', recipe.generate.judge.model],
    ...recipe.teachers.map((teacher) => [`teacher ${teacher.name}`, teacher.model] as const),
  ] as const) {
    if (name !== undefined && !Object.hasOwn(recipe.models, name)) {
      const near = nearestName(name, Object.keys(recipe.models));
      throw new RankforgeError('bad-recipe', `${where} names a model "${name}" that is not under models`, {
        where: path,
        hint: near ? `Did you mean "${near}"?` : `Known: ${Object.keys(recipe.models).join(', ')}.`,
      });
    }
  }
  const taken = new Set<string>(untrained);
  for (const { name, method, compare } of recipe.teachers) {
    if (taken.has(name)) {
      throw new RankforgeError('bad-recipe', `Two rankings are named "${name}"`, {
        where: path,
        hint: `Give each teacher a name of its own, other than ${untrained.join(', ')}.`,
      });
    }
    taken.add(name);
    inRecipe(`teacher ${name}`, path, () => {
      parseProgram(method);
      if (!needsModel(compare)) throw unknownName(compare, Object.keys(comparators), 'comparator');
    });
  }
  for (const name of recipe.evaluate.measures) inRecipe('evaluate.measures', path, () => measure(name));
}

/** The rankings that every job has: their names label files beside those of the teachers. */
const untrained = ['bm25', 'dense', 'fused', 'feedback', 'fused-feedback'];

function inRecipe(key: string, path: string, check: () => unknown): void {
  try {
    check();
  } catch (error) {
    if (!(error instanceof RankforgeError)) throw error;
    throw new RankforgeError('bad-recipe', `${key}: ${error.message}`, {
      where: path,
      hint: error.hint,
      cause: error,
    });
  }
}

/** Of the models, what their replies depend on: neither threads nor prices. */
export const modelSettings = ({ models }: Recipe) =>
  Object.fromEntries(
    Object.entries(models).map(([name, { model, context, baseUrl }]) => [name, { model, context, baseUrl }]),
  );

/** What makes two recipes the same: their settings, not where they lie. */
export function recipeHash({ path, dataset, ...settings }: Recipe): string {
  return hashValue({ ...settings, dataset: basename(dataset), recipe: basename(path) });
}

function fromIssue(
  issue: z.core.$ZodIssue,
  path: string,
  document: Document,
  lines: LineCounter,
): RankforgeError {
  const key = issue.code === 'unrecognized_keys' ? issue.keys[0]! : undefined;
  const at = [...issue.path, ...(key === undefined ? [] : [key])];
  const where = `${path}:${lineOf(document, at, lines)}`;
  if (key === undefined) {
    return new RankforgeError('bad-recipe', `${at.join('.') || 'the recipe'}: ${issue.message}`, {
      where,
      hint: 'See docs/formats/recipe.md for every key and its values.',
    });
  }
  const near = nearestName(key, knownKeys(Recipe, issue.path));
  return new RankforgeError('bad-recipe', `Unknown key "${at.join('.')}"`, {
    where,
    hint: near ? `Did you mean "${near}"?` : `Known here: ${knownKeys(Recipe, issue.path).join(', ')}.`,
  });
}

function lineOf(document: Document, path: readonly PropertyKey[], lines: LineCounter): number {
  const parent = path.length > 1 ? document.getIn(path.slice(0, -1), true) : document.contents;
  const last = path.at(-1);
  const pair = isMap(parent)
    ? parent.items.find(({ key }) => isScalar(key) && key.value === last)
    : undefined;
  const node = pair?.key ?? parent;
  const range = (node as { range?: [number, number, number] | null } | null | undefined)?.range;
  return range ? lines.linePos(range[0]).line : 1;
}

/** The keys that the schema knows at a path. */
function knownKeys(schema: unknown, path: readonly PropertyKey[]): string[] {
  let node = unwrap(schema);
  for (const step of path) {
    if (node instanceof z.ZodObject) node = unwrap(node.shape[String(step)]);
    else if (node instanceof z.ZodRecord) node = unwrap(node.valueType);
    else if (node instanceof z.ZodArray) node = unwrap(node.element);
  }
  return node instanceof z.ZodObject ? Object.keys(node.shape) : [];
}

function unwrap(schema: unknown): unknown {
  let node = schema;
  while (node instanceof z.ZodDefault || node instanceof z.ZodPrefault || node instanceof z.ZodOptional)
    node = node.unwrap();
  return node;
}
