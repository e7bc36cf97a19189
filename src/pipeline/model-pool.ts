import { RankforgeError } from '../core/errors.js';
import type { JobOptions } from '../core/progress.js';
import type { Usage } from '../core/usage.js';
import { behindDoor } from '../models/door/behind-door.js';
import type { Budget } from '../models/door/budget.js';
import { type Ledger, openLedger } from '../models/door/ledger.js';
import { createLimits } from '../models/door/limits.js';
import { createMeter } from '../models/door/meter.js';
import type { LanguageModel } from '../models/language-model.js';
import { openModel } from '../models/open-model.js';
import type { ModelEntry } from './recipe/recipe.js';

export interface ModelPoolOptions extends JobOptions {
  readonly models: Readonly<Record<string, ModelEntry>>;
  /** Folder of the ledger; absent: nothing is kept. */
  readonly ledger?: string;
  readonly budget?: Budget;
}

/** The models of a job, opened when first asked for, all behind one ledger and one budget. */
export interface ModelPool extends AsyncDisposable {
  /** @throws RankforgeError `usage` for a name that the pool does not know, and what opening throws */
  open(name: string): Promise<LanguageModel>;
  /** What went through since the pool was made. */
  readonly usage: Usage;
  /** Names and ids of the models that were opened. */
  readonly opened: readonly { readonly name: string; readonly id: string }[];
}

/** @throws RankforgeError `no-permission`, `disk-full` of the ledger's folder */
export async function createModelPool({
  models,
  ledger: folder,
  budget,
  ...job
}: ModelPoolOptions): Promise<ModelPool> {
  const ledger: Ledger | undefined = folder === undefined ? undefined : await openLedger(folder);
  const meter = createMeter();
  const pool = new Map<string, Promise<LanguageModel>>();
  const opened: { name: string; id: string }[] = [];

  async function openEntry(name: string): Promise<LanguageModel> {
    const entry = models[name];
    if (!entry) {
      throw new RankforgeError('usage', `No model is named "${name}"`, {
        where: name,
        hint: `Known: ${Object.keys(models).join(', ')}.`,
      });
    }
    const model = await openModel(entry.model, {
      ...job,
      contextSize: entry.context,
      threads: entry.threads,
      baseUrl: entry.baseUrl,
      price: entry.price && {
        promptPerMillion: entry.price.prompt,
        outputPerMillion: entry.price.output,
      },
    });
    opened.push({ name, id: model.id });
    return behindDoor(model, {
      meter,
      limits: createLimits({ concurrency: entry.concurrency }),
      ledger,
      budget,
    });
  }

  return {
    opened,
    get usage() {
      return meter.total;
    },
    open(name) {
      const known = pool.get(name);
      if (known) return known;
      const opening = openEntry(name);
      pool.set(name, opening);
      return opening;
    },
    async [Symbol.asyncDispose]() {
      const settled = await Promise.allSettled(pool.values());
      for (const result of settled)
        if (result.status === 'fulfilled') await result.value[Symbol.asyncDispose]();
      await ledger?.[Symbol.asyncDispose]();
    },
  };
}
