import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type Document, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { fromFileError, RankforgeError } from '../../core/errors.js';
import { unknownName } from '../../core/names.js';
import { measure } from '../../evaluate/parse-measure.js';
import { modelComparators, needsModel } from '../../rerank/comparators/registry.js';
import { parseProgram } from '../../rerank/programs/registry.js';
import { untrainedNames } from '../first-stage.js';
import { conflictsOf } from './conflicts.js';
import { Recipe } from './recipe.js';
import { lineOf, recipeIssue } from './recipe-issue.js';

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
  if (!result.success) throw recipeIssue(result.error, { path, document, lines });
  const at = (key: readonly string[]): string => `${path}:${lineOf(key, { path, document, lines })}`;
  return checked(result.data, { where: path, folder: dirname(path), at });
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
  return checked(result.data, { where: 'the recipe', folder: '.', at: (key) => key.join('.') });
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

/** Where a recipe is from. */
interface RecipePlace {
  /** Its file. */
  readonly where: string;
  /** Relative paths count from it. */
  readonly folder: string;
  /** Where a key stands. */
  readonly at: (key: readonly string[]) => string;
}

/** The recipe, its dataset found from `folder`, when the names in it are known: a misspelt one is told now, not after an hour of generating. */
function checked(recipe: Recipe, { where, folder, at }: RecipePlace): Recipe {
  const { generate, teachers, models, evaluate } = recipe;
  checkModel('generate.model', generate.model, models, where);
  if (generate.judge.model !== undefined)
    checkModel('generate.judge.model', generate.judge.model, models, where);
  for (const name of generate.judge.panel) checkModel('generate.judge.panel', name, models, where);
  if (generate.negatives.writer !== undefined)
    checkModel('generate.negatives.writer', generate.negatives.writer, models, where);
  if (generate.examples?.split !== undefined && generate.examples.split === (evaluate.split ?? 'test')) {
    throw new RankforgeError('bad-recipe', 'The examples shown to the model are those it is measured on', {
      where: 'generate.examples.split',
      hint: 'Name another split, such as train.',
    });
  }
  const [conflict] = conflictsOf(recipe);
  if (conflict) {
    const { key, message, hint } = conflict;
    throw new RankforgeError('bad-recipe', `${key.join('.')}: ${message}`, { where: at(key), hint });
  }
  // Rows of the teacher table and files beside those of the teachers.
  const taken = new Set<string>([...untrainedNames, 'labels']);
  for (const { name, model, method, compare } of teachers) {
    checkModel(`teacher ${name}`, model, models, where);
    if (taken.has(name)) {
      throw new RankforgeError('bad-recipe', `Two rankings are named "${name}"`, {
        where,
        hint: `Give each teacher a name of its own, other than ${untrainedNames.join(', ')} and labels.`,
      });
    }
    taken.add(name);
    inRecipe(`teacher ${name}`, where, () => {
      parseProgram(method);
      if (!needsModel(compare)) throw unknownName(compare, modelComparators(), 'comparator');
    });
  }
  for (const name of evaluate.measures) inRecipe('evaluate.measures', where, () => measure(name));
  return { ...recipe, dataset: resolve(folder, recipe.dataset), generate: withPaths(generate, folder) };
}

/** Files that generation reads, found from the recipe's folder. */
function withPaths(generate: Recipe['generate'], folder: string): Recipe['generate'] {
  const { sample, examples, negatives, hygiene } = generate;
  const at = (path: string): string => resolve(folder, path);
  return {
    ...generate,
    sample: sample.method === 'query-log' ? { ...sample, log: at(sample.log) } : sample,
    ...(examples && { examples: { ...examples, ...(examples.file && { file: at(examples.file) }) } }),
    negatives: { ...negatives, ...(negatives.threshold && { threshold: at(negatives.threshold) }) },
    hygiene: { ...hygiene, against: hygiene.against.map(at) },
  };
}

function checkModel(key: string, name: string, models: Recipe['models'], where: string): void {
  if (Object.hasOwn(models, name)) return;
  inRecipe(key, where, () => {
    throw unknownName(name, Object.keys(models), 'entry under models');
  });
}

/** Runs a check, and says of its error which key of the recipe is wrong. */
function inRecipe(key: string, where: string, check: () => unknown): void {
  try {
    check();
  } catch (error) {
    if (!(error instanceof RankforgeError)) throw error;
    throw new RankforgeError('bad-recipe', `${key}: ${error.message}`, {
      where,
      hint: error.hint,
      cause: error,
    });
  }
}
