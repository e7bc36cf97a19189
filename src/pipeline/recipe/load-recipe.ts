import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Document, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { fromFileError, RankforgeError } from '../../core/errors.js';
import { checkRecipe } from './check-recipe.js';
import { lineOf } from './line-of.js';
import { withPathsFrom } from './paths.js';
import { Recipe } from './recipe.js';
import { recipeIssue } from './recipe-issue.js';

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
  const at = (key: readonly PropertyKey[]): string => `${path}:${lineOf(key, { document, lines })}`;
  return checked(valuesOf(document, path), { folder: dirname(path), at });
}

/**
 * A recipe from values instead of a file; its paths count from the working directory.
 * @throws RankforgeError `bad-recipe`
 */
export const parseRecipe = (values: z.input<typeof Recipe>): Recipe =>
  checked(values, { folder: '.', at: (key) => key.join('.') || 'the recipe' });

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
  /** Relative paths count from it. */
  readonly folder: string;
  /** Where a key stands. */
  readonly at: (key: readonly PropertyKey[]) => string;
}

function checked(values: unknown, { folder, at }: RecipePlace): Recipe {
  const result = Recipe.safeParse(values);
  if (!result.success) throw recipeIssue(result.error, values, at);
  checkRecipe(result.data, values, at);
  return withPathsFrom(result.data, folder);
}
