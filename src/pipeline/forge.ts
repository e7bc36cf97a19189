import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { RankforgeError } from '../core/errors.js';
import type { JobOptions } from '../core/progress.js';
import { addUsage, type Usage } from '../core/usage.js';
import { gateFailed } from '../distill/gate.js';
import { atomicWrite } from '../formats/atomic-write.js';
import type { BudgetLimits } from '../models/door/budget.js';
import { checkModel, checkModelName } from '../models/open-model.js';
import { createForgeContext } from './forge-context.js';
import type { Recipe } from './recipe/recipe.js';
import type { ReportData } from './report/report-data.js';
import { type FinishedStage, runStages, type Stage } from './stage.js';
import { distillStage } from './stages/distill.js';
import { evaluated, evaluateStage } from './stages/evaluate.js';
import { generated, generateStage } from './stages/generate.js';
import { reportJob, reportSet } from './stages/report.js';
import { teachStage } from './stages/teach.js';

export interface ForgeOptions extends JobOptions {
  /** Folder for artefacts, ledger and report. */
  readonly out: string;
  /** Goes before the recipe's, limit by limit. */
  readonly budget?: BudgetLimits;
  /** Folder of the ledger. @default `ledger` in `out` */
  readonly ledger?: string;
  readonly onStage?: (stage: FinishedStage) => void;
}

export interface ForgeResult {
  readonly report: ReportData;
  /** Folder of the chosen student. */
  readonly student: string;
  readonly usage: Usage;
  readonly seconds: number;
}

/**
 * The whole way: training set, teachers, students, measurement, report. Run again, it does only what changed; stopped,
 * it goes on where it was. Whether the gate was passed is in the result: see `requireGate`.
 * @throws RankforgeError `bad-recipe` for one without a dataset, `budget-exhausted`, `count-not-reached`, and what a stage throws; the signal's reason
 */
export async function forge(recipe: Recipe, options: ForgeOptions): Promise<ForgeResult> {
  const started = performance.now();
  checkNames(recipe);
  requireDataset(recipe);
  await using context = createForgeContext(recipe, options);
  const stages = [
    withModels(generateStage(context), recipe),
    withModels(teachStage(context), recipe),
    distillStage(context),
    evaluateStage(context),
  ];
  const finished = await runStages(stages, options.out, options);
  const report = await reportJob(context, finished);
  return {
    report,
    student: join(options.out, 'evaluate', evaluated.student),
    usage: addUsage(...[...finished.values()].filter(({ reused }) => !reused).map(({ usage }) => usage)),
    seconds: (performance.now() - started) / 1000,
  };
}

/** The training set alone: `examples.jsonl`, `funnel.json` and the report in the output folder, exports in the stage's own. */
export async function generateOnly(recipe: Recipe, options: ForgeOptions): Promise<FinishedStage> {
  checkNames(recipe);
  await using context = createForgeContext(recipe, options);
  const finished = await runStages([withModels(generateStage(context), recipe)], options.out, options);
  const set = finished.get('generate')!;
  for (const file of Object.values(generated))
    await atomicWrite(join(options.out, file), createReadStream(join(set.folder, file)));
  await reportSet(context, finished);
  return set;
}

/** Only a training set can be made of nothing. */
function requireDataset({ dataset }: Recipe): void {
  if (dataset !== undefined) return;
  throw new RankforgeError('bad-recipe', 'There is no collection to train and measure a student on', {
    where: 'dataset',
    hint: 'Name a BEIR folder, or make the training set alone with rankforge generate.',
  });
}

/** A misspelt model should not wait until a corpus is embedded. */
function checkNames({ models }: Recipe): void {
  for (const { model } of Object.values(models)) checkModelName(model);
}

/** A stage that asks the recipe's models: their keys are looked for first. One that is not run again needs none. */
const withModels = (stage: Stage, { models }: Recipe): Stage => ({
  ...stage,
  run(context) {
    for (const { model, baseUrl } of Object.values(models)) checkModel(model, { baseUrl });
    return stage.run(context);
  },
});

/** @throws RankforgeError `gate-failed` when the student is not better than what needs no training */
export function requireGate({ report, student }: ForgeResult): void {
  const { gate } = report;
  if (gate && !gate.passed) throw gateFailed({ student: gate.student, reason: gate.reason }, student);
}
