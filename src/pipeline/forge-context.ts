import { join } from 'node:path';
import type { JobOptions } from '../core/progress.js';
import { type Dataset, loadDataset } from '../formats/dataset.js';
import { type BudgetLimits, createBudget } from '../models/door/budget.js';
import { type FirstStage, openFirstStage } from './first-stage.js';
import { createModelPool, type ModelPool } from './model-pool.js';
import type { Recipe } from './recipe/recipe.js';

/** What the stages of one job share. Each thing is opened when a stage first asks: a job with nothing to do opens nothing. */
export interface ForgeContext extends AsyncDisposable {
  readonly recipe: Recipe;
  readonly out: string;
  dataset(): Promise<Dataset>;
  firstStage(): Promise<FirstStage>;
  models(): Promise<ModelPool>;
}

export interface ForgeContextOptions extends JobOptions {
  readonly out: string;
  /** Goes before the recipe's, limit by limit. */
  readonly budget?: BudgetLimits;
  /** @default `ledger` in the output folder */
  readonly ledger?: string;
}

/** Nothing is opened yet. Disposing it closes what was. */
export function createForgeContext(
  recipe: Recipe,
  { out, budget, ledger, ...job }: ForgeContextOptions,
): ForgeContext {
  const dataset = once(() => loadDataset(recipe.dataset, { ...job, split: recipe.evaluate.split }));
  const firstStage = once(async () => {
    const { k1, b, fusion } = recipe.retrieval;
    return openFirstStage((await dataset.get()).passages, { ...job, k1, b, fusion, encoder: recipe.encoder });
  });
  const models = once(() =>
    createModelPool({
      ...job,
      models: recipe.models,
      ledger: ledger ?? join(out, 'ledger'),
      budget: createBudget({
        calls: budget?.calls ?? recipe.budget.calls,
        tokens: budget?.tokens ?? recipe.budget.tokens,
        usd: budget?.usd ?? recipe.budget.usd,
      }),
    }),
  );
  return {
    recipe,
    out,
    dataset: dataset.get,
    firstStage: firstStage.get,
    models: models.get,
    async [Symbol.asyncDispose]() {
      await (await models.opened())?.[Symbol.asyncDispose]();
      await (await firstStage.opened())?.[Symbol.asyncDispose]();
    },
  };
}

function once<T>(open: () => Promise<T>): { get: () => Promise<T>; opened: () => Promise<T | undefined> } {
  let value: Promise<T> | undefined;
  return {
    get: () => {
      value ??= open();
      return value;
    },
    opened: async () => value?.catch(() => undefined),
  };
}
