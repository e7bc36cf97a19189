import { join } from 'node:path';
import type { JobOptions } from '../core/progress.js';
import { type Dataset, loadDataset } from '../formats/dataset.js';
import { PassageStore } from '../formats/passage-store.js';
import { type BudgetLimits, createBudget } from '../models/door/budget.js';
import type { EmbeddingModel } from '../models/embedding-model.js';
import { openCachedEncoder } from './cached-encoder.js';
import { type FirstStage, openFirstStage } from './first-stage.js';
import { createModelPool, type ModelPool } from './model-pool.js';
import type { Recipe } from './recipe/recipe.js';

/** What the stages of one job share. Each thing is opened when a stage first asks: a job with nothing to do opens nothing. */
export interface ForgeContext extends AsyncDisposable {
  readonly recipe: Recipe;
  readonly out: string;
  /** Empty where the recipe has none. */
  dataset(): Promise<Dataset>;
  /** The recipe's encoder by itself, for what needs no index; undefined where it has none. */
  encoder(): Promise<EmbeddingModel | undefined>;
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
  const store = new PassageStore({ path: join(out, 'passages.tmp') });
  const dataset = once(async () =>
    recipe.dataset === undefined
      ? noDataset(recipe.name)
      : loadDataset(recipe.dataset, { ...job, split: recipe.evaluate.split, store }),
  );
  const encoder = once(async () =>
    recipe.encoder === 'none' ? undefined : openCachedEncoder(recipe.encoder, job),
  );
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
    encoder: encoder.get,
    firstStage: firstStage.get,
    models: models.get,
    async [Symbol.asyncDispose]() {
      await (await models.opened())?.[Symbol.asyncDispose]();
      await (await firstStage.opened())?.[Symbol.asyncDispose]();
      await (await encoder.opened())?.[Symbol.asyncDispose]();
      await dataset.opened();
      await store[Symbol.asyncDispose]();
    },
  };
}

const noDataset = (name: string): Dataset => ({
  name,
  split: undefined,
  passages: new Map(),
  queries: new Map(),
  qrels: new Map(),
  counts: { passages: 0, queries: 0, judgements: 0, unknownPassages: 0, unknownQueries: 0, badLines: 0 },
});

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
