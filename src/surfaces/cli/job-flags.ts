import type { Command } from 'commander';
import type { ForgeOptions } from '../../pipeline/forge.js';
import type { Recipe } from '../../pipeline/recipe/recipe.js';
import type { FinishedStage } from '../../pipeline/stage.js';
import type { CliContext } from './cli-context.js';
import { type BudgetOptions, budgetOf, flags } from './flags.js';

/** What every command that runs a recipe takes. */
export interface JobFlags extends BudgetOptions {
  readonly out: string;
  readonly ledger?: string;
  readonly seed?: number;
  readonly json?: boolean;
}

/** Adds the flags of `JobFlags` but `--out`, which each command describes itself. */
export const addJobFlags = (command: Command): Command =>
  command
    .addOption(flags.ledger())
    .addOption(flags.seed().default(undefined, "the recipe's"))
    .addOption(flags.budgetCalls())
    .addOption(flags.budgetTokens())
    .addOption(flags.budgetUsd())
    .addOption(flags.json());

/** The command line's seed goes before the recipe's. */
export const seeded = (recipe: Recipe, { seed }: JobFlags): Recipe =>
  seed === undefined ? recipe : { ...recipe, seed };

/** A job's options, with a line on stderr for each finished stage, and one for each of its warnings. */
export const jobOptions = (options: JobFlags, { signal, onProgress, stderr }: CliContext): ForgeOptions => ({
  out: options.out,
  budget: budgetOf(options),
  ledger: options.ledger,
  signal,
  onProgress,
  onStage: (stage) => {
    stderr(stageLine(stage));
    for (const { message } of stage.warnings) stderr(`warning: ${message}\n`);
  },
});

function stageLine({ stage, reused, seconds, usage }: FinishedStage): string {
  const calls = usage.calls > 0 ? `, ${usage.calls} calls (${usage.cachedCalls} from the ledger)` : '';
  return reused ? `${stage}: unchanged\n` : `${stage}: done in ${seconds.toFixed(1)} s${calls}\n`;
}
