import { join } from 'node:path';
import type { Command } from 'commander';
import { RankforgeError } from '../../../core/errors.js';
import { defaultModel } from '../../../models/weights/aliases.js';
import { generateOnly } from '../../../pipeline/forge.js';
import { loadRecipe, parseRecipe } from '../../../pipeline/recipe/load-recipe.js';
import type { Recipe } from '../../../pipeline/recipe/recipe.js';
import { generated } from '../../../pipeline/stages/generate.js';
import { type CliContext, printResult } from '../cli-context.js';
import { flags } from '../flags.js';
import { addJobFlags, type JobFlags, jobOptions, seeded } from '../job-flags.js';

interface GenerateFlags extends JobFlags {
  dataset?: string;
  count?: number;
  model?: string;
  baseUrl?: string;
  context?: number;
  threads?: number;
  concurrency?: number;
  encoder?: string;
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
    .addOption(flags.context().default(undefined, '4096'))
    .addOption(flags.threads())
    .addOption(flags.concurrency().default(undefined, '4'))
    .addOption(flags.encoder().default(undefined, 'all-minilm-l6-v2'))
    .addOption(flags.out('folder for the set'));
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
      warnings: stage.warnings,
    };
    printResult(context, options, result, () => `${result.count} examples: ${examples}\n`);
  });
}

function recipeOf(path: string | undefined, flags: GenerateFlags): Recipe {
  const { dataset, count, encoder, model = defaultModel, baseUrl, context, threads, concurrency } = flags;
  if (path !== undefined) {
    const given = [dataset, count, encoder, flags.model, baseUrl, context, threads, concurrency];
    if (given.every((value) => value === undefined)) return loadRecipe(path);
    throw new RankforgeError('usage', 'A recipe names its dataset, count, encoder and model itself', {
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
    dataset,
    encoder,
    models: { writer: { model, baseUrl, context, threads, concurrency } },
    generate: { model: 'writer', count },
  });
}
