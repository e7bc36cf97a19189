import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { RankforgeError } from '../../core/errors.js';
import type { JobOptions } from '../../core/progress.js';
import { usageSince } from '../../core/usage.js';
import type { Warning } from '../../core/warning.js';
import { atomicWrite } from '../../formats/atomic-write.js';
import { writeExamples } from '../../formats/examples.js';
import type { LengthBias } from '../../generate/graded/length-bias.js';
import {
  type JudgementRecord,
  judgementsFile,
  writeJudgements,
} from '../../generate/judge/judgement-record.js';
import { exportRecipeSet } from '../export-set.js';
import type { ForgeContext } from '../forge-context.js';
import { finishSet } from '../generation/finish-set.js';
import { beirFiles, generationFiles } from '../generation/input-files.js';
import { makeSet } from '../generation/make-set.js';
import { withoutPlaces } from '../recipe/paths.js';
import { modelSettings } from '../recipe/recipe.js';
import type { Stage } from '../stage.js';

export type { SetDetails } from '../generation/finish-set.js';

/** Files of the stage's folder. */
export const generated = {
  examples: 'examples.jsonl',
  funnel: 'funnel.json',
  description: 'description.json',
} as const;
/** What was accepted before a stop, to look at. */
const partial = 'partial-examples.jsonl';

/** Writes the training set: exactly as many examples as ordered, or the error says what is missing. */
export function generateStage(context: ForgeContext): Stage {
  const { recipe } = context;
  return {
    name: 'generate',
    after: [],
    settings: {
      ...withoutPlaces(recipe).generate,
      seed: recipe.seed,
      models: modelSettings(recipe),
      encoder: recipe.encoder,
      retrieval: { ...recipe.retrieval, depth: undefined },
      evaluated: recipe.evaluate.split,
    },
    files: { ...datasetFiles(context), ...generationFiles(recipe) },
    run: ({ folder, ...job }) => generate(context, folder, job),
  };
}

/** The files that the dataset of a recipe is read from. */
export function datasetFiles({ recipe }: ForgeContext): Record<string, string> {
  const names = ['corpus.jsonl', 'queries.jsonl', `qrels/${recipe.evaluate.split ?? 'test'}.tsv`];
  return recipe.dataset === undefined ? {} : beirFiles(recipe.dataset, 'dataset', names);
}

async function generate(context: ForgeContext, folder: string, job: JobOptions) {
  const { recipe } = context;
  const { generate: settings, seed } = recipe;
  const { qrels } = await context.dataset();
  if (recipe.dataset !== undefined && qrels.size === 0 && settings.validation === 0) {
    throw new RankforgeError('bad-recipe', 'There are no judged queries, and none are held out', {
      where: 'generate.validation',
      hint: 'Give validation a share above 0, or the dataset judged queries: students are measured on them.',
    });
  }
  const models = await context.models();
  const before = models.usage;
  const made = await makeSet(context, { ...job, folder });
  const { funnel } = made;
  const writeFunnel = (): Promise<void> => writeJson(folder, generated.funnel, funnel);
  if (made.stopped !== undefined) {
    // What was paid for is in the ledger: the next run makes these again for nothing.
    await writeExamples(join(folder, partial), made.examples);
    await writeFunnel();
    throw made.stopped;
  }
  const { examples, details } = await finishSet(made, settings, { ...job, seed, funnel });
  await writeExamples(join(folder, generated.examples), examples);
  await writeJudgements(join(folder, judgementsFile), made.judgements);
  await writeFunnel();
  await writeJson(folder, generated.description, details);
  const warnings = [
    ...checkLengths(details.set.lengthBias.written, settings.graded.lengthBias),
    ...checkGrades(made.judgements),
    ...(details.selection?.notes ?? []).map((message) => ({ code: 'selection', message })),
  ];
  await exportRecipeSet(recipe, join(folder, generated.examples), join(folder, 'exports'), job);
  await rm(join(folder, partial), { force: true });
  return { usage: usageSince(before, models.usage), warnings };
}

/** A set in which length alone tells the grades apart teaches nothing else. @throws RankforgeError `length-bias` */
function checkLengths(bias: LengthBias, onBias: 'fail' | 'warn'): Warning[] {
  if (!bias.separates) return [];
  const message = `The better of two written passages is the longer one in ${bias.auc.toFixed(2)} of the pairs`;
  if (onBias === 'warn') return [{ code: 'length-bias', message }];
  throw new RankforgeError('length-bias', message, {
    where: 'generate.graded',
    hint: 'Give lengths nearer to what the model writes, use a stronger writer, or set lengthBias: warn.',
  });
}

/** Fewer grades than this say nothing of a judge's habits. */
const enoughGrades = 20;

/** A judge that is never sure of a full answer takes every 3 out of the set, whatever was asked for. */
function checkGrades(judgements: readonly JudgementRecord[]): Warning[] {
  const graded = judgements.filter(({ grade }) => grade !== null);
  if (graded.length < enoughGrades || graded.some(({ grade }) => grade === 3)) return [];
  const message = `Of ${graded.length} passages that the judge graded none got a 3, so the set has none: judge with another mode or model, or calibrate it`;
  return [{ code: 'no-grade-3', message }];
}

const writeJson = (folder: string, name: string, value: unknown): Promise<void> =>
  atomicWrite(join(folder, name), `${JSON.stringify(value, null, 2)}\n`);
