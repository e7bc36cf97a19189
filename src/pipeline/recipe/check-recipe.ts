import { RankforgeError } from '../../core/errors.js';
import { unknownName } from '../../core/names.js';
import { measure } from '../../evaluate/parse-measure.js';
import { modelComparators, needsModel } from '../../rerank/comparators/registry.js';
import { parseProgram } from '../../rerank/programs/registry.js';
import { untrainedNames } from '../first-stage.js';
import { conflictsOf } from './conflicts.js';
import type { Recipe } from './recipe.js';

type Key = readonly PropertyKey[];
type Where = (key: Key) => string;

/**
 * Checks what the schema cannot: that the names in a recipe are known, and its settings hold together. What is wrong is told
 * now, and not after an hour of generating.
 * @param given the recipe before defaults were filled in
 * @param at where a key stands
 * @throws RankforgeError `bad-recipe`
 */
export function checkRecipe(recipe: Recipe, given: unknown, at: Where): void {
  for (const { key, label, name } of modelNames(recipe)) {
    if (Object.hasOwn(recipe.models, name)) continue;
    inRecipe(label, at(key), () => {
      throw unknownName(name, Object.keys(recipe.models), 'entry under models');
    });
  }
  const [conflict] = conflictsOf(recipe, given);
  if (conflict) {
    const { key, message, hint } = conflict;
    throw new RankforgeError('bad-recipe', `${key.join('.')}: ${message}`, { where: at(key), hint });
  }
  checkTeachers(recipe, at);
  for (const [index, name] of recipe.evaluate.measures.entries())
    inRecipe('evaluate.measures', at(['evaluate', 'measures', index]), () => measure(name));
}

/** Every place where a recipe names one of its models. */
function modelNames({
  generate: { model, judge, negatives },
  teachers,
}: Recipe): { key: Key; label: string; name: string }[] {
  const named = (key: Key, name: string | undefined, label = key.join('.')) =>
    name === undefined ? [] : [{ key, label, name }];
  return [
    ...named(['generate', 'model'], model),
    ...named(['generate', 'judge', 'model'], judge.model),
    ...judge.panel.flatMap((name, index) =>
      named(['generate', 'judge', 'panel', index], name, 'generate.judge.panel'),
    ),
    ...named(['generate', 'negatives', 'writer'], negatives.writer),
    ...teachers.flatMap(({ name, model: asked }, index) =>
      named(['teachers', index, 'model'], asked, `teacher ${name}`),
    ),
  ];
}

function checkTeachers({ teachers }: Recipe, at: Where): void {
  // Rows of the teacher table and files beside those of the teachers.
  const taken = new Set<string>([...untrainedNames, 'labels']);
  for (const [index, { name, method, compare }] of teachers.entries()) {
    const where = (key: string): string => at(['teachers', index, key]);
    if (taken.has(name)) {
      throw new RankforgeError('bad-recipe', `Two rankings are named "${name}"`, {
        where: where('name'),
        hint: `Give each teacher a name of its own, other than ${untrainedNames.join(', ')} and labels.`,
      });
    }
    taken.add(name);
    inRecipe(`teacher ${name}`, where('method'), () => parseProgram(method));
    inRecipe(`teacher ${name}`, where('compare'), () => {
      if (!needsModel(compare)) throw unknownName(compare, modelComparators(), 'comparator');
    });
  }
}

/** Runs a check, and says of its error which key of the recipe is wrong. */
function inRecipe(label: string, where: string, check: () => unknown): void {
  try {
    check();
  } catch (error) {
    if (!(error instanceof RankforgeError)) throw error;
    throw new RankforgeError('bad-recipe', `${label}: ${error.message}`, {
      where,
      hint: error.hint,
      cause: error,
    });
  }
}
