import type { JobOptions } from '../core/progress.js';
import { exportSet } from '../formats/cards/export-set.js';
import { readExamples } from '../formats/examples.js';
import { trainingFrame } from '../rerank/training-frame.js';
import type { Recipe } from './recipe/recipe.js';

/** Writes the examples of a file in the formats and with the cards that a recipe names. @throws RankforgeError as `exportSet` */
export const exportRecipeSet = (
  { name, seed, generate: { exports, card } }: Recipe,
  examples: string,
  out: string,
  job: JobOptions,
) =>
  exportSet(() => readExamples(examples), exports, out, {
    ...job,
    seed,
    frame: trainingFrame(),
    details: { name, ...card },
  });
