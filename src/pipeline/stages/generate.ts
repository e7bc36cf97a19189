import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { RankforgeError } from '../../core/errors.js';
import type { JobOptions } from '../../core/progress.js';
import { usageSince } from '../../core/usage.js';
import type { Warning } from '../../core/warning.js';
import { atomicWrite } from '../../formats/atomic-write.js';
import { writeExamples } from '../../formats/examples.js';
import type { Funnel } from '../../generate/funnel.js';
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
    throw made.stopped instanceof RankforgeError
      ? withPlace(made.stopped, join(folder, partial))
      : made.stopped;
  }
  const { examples, details } = await finishSet(made, settings, { ...job, seed, funnel });
  await writeExamples(join(folder, generated.examples), examples);
  await writeJudgements(join(folder, judgementsFile), made.judgements);
  await writeFunnel();
  await writeJson(folder, generated.description, details);
  const warnings = [
    ...checkLengths(details.set.lengthBias, settings.graded.lengthBias),
    ...checkPassages(funnel),
    ...checkGrades(made.judgements),
    ...(details.selection?.notes ?? []).map((message) => ({ code: 'selection', message })),
  ];
  const exported = await exportRecipeSet(
    recipe,
    join(folder, generated.examples),
    join(folder, 'exports'),
    job,
  );
  await rm(join(folder, partial), { force: true });
  return { usage: usageSince(before, models.usage), warnings: [...warnings, ...exported.warnings] };
}

/** A set in which length alone tells the grades apart teaches nothing else. @throws RankforgeError `length-bias` */
function checkLengths(
  { written, all }: { readonly written: LengthBias; readonly all: LengthBias },
  onBias: 'fail' | 'warn',
): Warning[] {
  const say = (what: string, { auc }: LengthBias): string =>
    `The better of two ${what} of a query is the longer one in ${auc.toFixed(2)} of the pairs`;
  // Real texts that answer may well be the longer ones, so what is found is told and not refused.
  const ofAll = all.separates ? [{ code: 'length-bias', message: say('passages', all) }] : [];
  if (!written.separates) return ofAll;
  const message = say('written passages', written);
  if (onBias === 'warn') return [{ code: 'length-bias', message }];
  throw new RankforgeError('length-bias', message, {
    where: 'generate.graded',
    hint: 'Give lengths nearer to what the model writes, use a stronger writer, or set lengthBias: warn.',
  });
}

/** Examples count without passages that could not be had; that is told. */
function checkPassages(funnel: Funnel): Warning[] {
  const { noted: ofNegatives } = funnel.stage('negatives');
  const short = (['mined', 'written', 'random'] as const).flatMap((kind): Warning[] => {
    const queries = ofNegatives[`too-few-${kind}`] ?? 0;
    const message = `${queries} of the queries have fewer ${kind} negatives than were ordered: funnel.json says why`;
    return queries > 0 ? [{ code: `too-few-${kind}`, message }] : [];
  });
  const none = (['graded', 'edits'] as const).flatMap((stage): Warning[] => {
    const examples = funnel.stage(stage).noted['none-left'] ?? 0;
    const what = stage === 'graded' ? 'graded passages' : 'edits';
    const message = `${examples} of the examples have none of the ${what} that were ordered: funnel.json says why`;
    return examples > 0 ? [{ code: `no-${stage}`, message }] : [];
  });
  const twins = funnel.stage('examples').noted['twin-without-positive'] ?? 0;
  const alone = `${twins} of the reversed twins have no relevant passage: a judge that reads mined candidates may find some`;
  return [...short, ...none, ...(twins > 0 ? [{ code: 'twin-without-positive', message: alone }] : [])];
}

const withPlace = (stop: RankforgeError, path: string): RankforgeError =>
  stop.with({ hint: (spell) => `${stop.hintIn(spell)} What was accepted so far lies in ${path}.` });

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
