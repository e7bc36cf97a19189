import type { z } from 'zod';
import { RankforgeError } from '../../core/errors.js';
import { nearestName } from '../../core/names.js';
import { Recipe } from './recipe.js';
import { unknownKey } from './unknown-key.js';

type Issue = z.core.$ZodIssue;

const everyKey = 'See docs/formats/recipe.md for every key and its values.';

/**
 * What the schema finds wrong with a recipe's values: for a misspelt key or name the nearest right one.
 * @param at where a key stands
 */
export function recipeIssue(
  { issues }: z.ZodError,
  values: unknown,
  at: (key: readonly PropertyKey[]) => string,
): RankforgeError {
  // A misspelt key also makes the right one missing: the misspelling is the news.
  const unknown = unknownKey(Recipe, values);
  if (unknown) {
    const { path, known } = unknown;
    const near = nearestName(String(path.at(-1)), known);
    return new RankforgeError('bad-recipe', `Unknown key "${path.join('.')}"`, {
      where: at(path),
      hint: near ? `Did you mean "${near}"?` : `Known here: ${known.join(', ')}.`,
    });
  }
  const issue = branchIssue(issues[0]!);
  const given = issue.path.reduce<unknown>((inner, key) => Object(inner)[key], values);
  const near = typeof given === 'string' ? nearestName(given, namesOf(issue)) : undefined;
  return new RankforgeError('bad-recipe', `${issue.path.join('.') || 'the recipe'}: ${issue.message}`, {
    where: at(issue.path),
    hint: near ? `Did you mean "${near}"?` : everyKey,
  });
}

/** Of a union the issue of the branch that the value was meant for: the one whose type it has, so that what is wrong lies inside. */
function branchIssue(issue: Issue): Issue {
  if (issue.code !== 'invalid_union') return issue;
  const meant = issue.errors.find(
    ([first]) => first && !(first.code === 'invalid_type' && first.path.length === 0),
  );
  if (!meant) return issue;
  return branchIssue({ ...meant[0]!, path: [...issue.path, ...meant[0]!.path] });
}

/** The names that could stand there. */
function namesOf(issue: Issue): string[] {
  if (issue.code === 'invalid_value') return issue.values.map(String);
  return issue.code === 'invalid_union' && 'options' in issue ? (issue.options ?? []).map(String) : [];
}
