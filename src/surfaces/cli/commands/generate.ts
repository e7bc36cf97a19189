import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { RankforgeError } from '../../../core/errors.js';
import { defaultModel } from '../../../models/weights/aliases.js';
import { generateOnly } from '../../../pipeline/forge.js';
import { loadRecipe, parseRecipe, type Recipe } from '../../../pipeline/recipe.js';
import { generated } from '../../../pipeline/stages/generate.js';
import { type CliContext, printResult } from '../cli-context.js';
import { flags } from '../flags.js';
import { addJobFlags, type JobFlags, jobOptions, seeded } from '../job-flags.js';

interface GenerateFlags extends JobFlags {
  dataset?: string;
  count?: number;
  model?: string;
  baseUrl?: string;
}

export function addGenerateCommand(program: Command, context: CliContext): void {
  const command = program
    .command('generate')
    .argument('[recipe]', 'YAML file; without one give --dataset and --count')
    .description('The training set alone: DIR/examples.jsonl and its funnel; exports in DIR/generate/exports')
    .addOption(flags.dataset())
    .addOption(flags.count())
    .addOption(flags.model())
    .addOption(flags.baseUrl())
    .addOption(flags.out('folder for the set').makeOptionMandatory());
  addJobFlags(command).action(async (path: string | undefined, options: GenerateFlags) => {
    const recipe = recipeOf(path, options);
    const stage = await generateOnly(seeded(recipe, options), jobOptions(options, context));
    const examples = join(options.out, generated.examples);
    const result = {
      examples,
      funnel: join(options.out, generated.funnel),
      count: recipe.generate.count,
      usage: stage.usage,
      seconds: stage.seconds,
    };
    printResult(context, options, result, () => `${result.count} examples: ${examples}\n`);
  });
}

function recipeOf(path: string | undefined, { dataset, count, model, baseUrl }: GenerateFlags): Recipe {
  if (path !== undefined) {
    if (dataset === undefined && count === undefined && model === undefined) return loadRecipe(path);
    throw new RankforgeError('usage', 'A recipe names its dataset, count and model itself', {
      where: path,
      hint: 'Change them in the recipe, or leave the recipe out.',
    });
  }
  if (dataset === undefined || count === undefined) {
    throw new RankforgeError('usage', 'Neither a recipe nor a dataset with a count was given', {
      hint: 'Run: rankforge generate RECIPE --out DIR, or rankforge generate --dataset D --count N --out DIR',
    });
  }
  return parseRecipe({
    name: 'generate',
    dataset: resolve(dataset),
    models: { writer: { model: model ?? defaultModel, ...(baseUrl === undefined ? {} : { baseUrl }) } },
    generate: { model: 'writer', count },
  });
}
