import { type Document, isMap, isScalar, type LineCounter } from 'yaml';
import { z } from 'zod';
import { RankforgeError } from '../../core/errors.js';
import { nearestName } from '../../core/names.js';
import { Recipe } from './recipe.js';

/** The YAML that a recipe was read from. */
export interface RecipeText {
  readonly path: string;
  readonly document: Document;
  readonly lines: LineCounter;
}

/** What the schema finds wrong, with the line and, for a misspelt key, the nearest right one. */
export function recipeIssue({ issues }: z.ZodError, text: RecipeText): RankforgeError {
  // A misspelt key also makes the right one missing: the misspelling is the news.
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0]!;
  const key = issue.code === 'unrecognized_keys' ? issue.keys[0]! : undefined;
  const at = [...issue.path, ...(key === undefined ? [] : [key])];
  const where = `${text.path}:${lineOf(at, text)}`;
  if (key === undefined) {
    return new RankforgeError('bad-recipe', `${at.join('.') || 'the recipe'}: ${issue.message}`, {
      where,
      hint: 'See docs/formats/recipe.md for every key and its values.',
    });
  }
  const known = knownKeys(Recipe, issue.path);
  const near = nearestName(key, known);
  return new RankforgeError('bad-recipe', `Unknown key "${at.join('.')}"`, {
    where,
    hint: near ? `Did you mean "${near}"?` : `Known here: ${known.join(', ')}.`,
  });
}

/** The line of a key, or of what it would stand in. */
export function lineOf(path: readonly PropertyKey[], { document, lines }: RecipeText): number {
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
  if (node instanceof z.ZodRecord && node.keyType instanceof z.ZodEnum)
    return node.keyType.options.map(String);
  return node instanceof z.ZodObject ? Object.keys(node.shape) : [];
}

function unwrap(schema: unknown): unknown {
  let node = schema;
  while (node instanceof z.ZodDefault || node instanceof z.ZodPrefault || node instanceof z.ZodOptional)
    node = node.unwrap();
  return node;
}
