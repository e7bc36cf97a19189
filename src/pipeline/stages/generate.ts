import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { collect } from '../../core/collect.js';
import { RankforgeError } from '../../core/errors.js';
import type { Example } from '../../core/example.js';
import type { JobOptions } from '../../core/progress.js';
import { usageSince } from '../../core/usage.js';
import { atomicWrite } from '../../formats/atomic-write.js';
import { writeExamples } from '../../formats/examples.js';
import { exportMsMarco } from '../../formats/exports/msmarco.js';
import { exportSentenceTransformers } from '../../formats/exports/sentence-transformers.js';
import { corpusOf } from '../../generate/corpus.js';
import { Funnel } from '../../generate/funnel.js';
import { generateSet } from '../../generate/generate-set.js';
import { contaminationCheck } from '../../generate/hygiene/contamination.js';
import { createJudge } from '../../generate/judge/judge.js';
import { samplePassages } from '../../generate/sample/sample-passages.js';
import { splitExamples } from '../../generate/split/split-examples.js';
import type { ForgeContext } from '../forge-context.js';
import { modelSettings, recipeHash } from '../recipe/recipe.js';
import type { Stage } from '../stage.js';

/** Files of the stage's folder. */
export const generated = { examples: 'examples.jsonl', funnel: 'funnel.json' } as const;
/** What was accepted before a stop, to look at. */
const partial = 'partial-examples.jsonl';

/** Writes the training set: exactly as many examples as ordered, or the error says what is missing. */
export function generateStage(context: ForgeContext): Stage {
  const { recipe } = context;
  return {
    name: 'generate',
    after: [],
    settings: {
      ...recipe.generate,
      seed: recipe.seed,
      models: modelSettings(recipe),
      encoder: recipe.encoder,
      retrieval: { ...recipe.retrieval, depth: undefined },
      split: recipe.evaluate.split,
    },
    files: datasetFiles(context),
    run: ({ folder, ...job }) => generate(context, folder, job),
  };
}

/** The files that the dataset of a recipe is read from. */
export function datasetFiles({ recipe }: ForgeContext): string[] {
  return ['corpus.jsonl', 'queries.jsonl', `qrels/${recipe.evaluate.split ?? 'test'}.tsv`]
    .flatMap((name) => [join(recipe.dataset, name), join(recipe.dataset, `${name}.gz`)])
    .filter((path) => existsSync(path));
}

async function generate(context: ForgeContext, folder: string, job: JobOptions) {
  const { recipe } = context;
  const settings = recipe.generate;
  const { passages, queries: judged, qrels } = await context.dataset();
  if (qrels.size === 0 && settings.validation === 0) {
    throw new RankforgeError('bad-recipe', 'There are no judged queries, and none are held out', {
      where: 'generate.validation',
      hint: 'Give validation a share above 0, or the dataset judged queries: students are measured on them.',
    });
  }
  const { best } = await context.firstStage();
  const models = await context.models();
  const before = models.usage;
  const writer = await models.open(settings.model);
  const judgeModel = settings.judge.model === undefined ? writer : await models.open(settings.judge.model);
  const judge = createJudge({ model: judgeModel, mode: settings.judge.mode });
  const funnel = new Funnel();
  const sampled = await collect(
    samplePassages(passages.values(), {
      seed: recipe.seed,
      minWords: settings.minWords,
      spread: true,
      funnel,
      ...job,
    }),
  );
  const { mined, random, band, falseNegativeGrade } = settings.negatives;
  const set = await generateSet({
    count: settings.count,
    seed: recipe.seed,
    passages: sampled,
    corpus: corpusOf(passages.values()),
    writer: { model: writer },
    types: settings.types,
    source: {
      judge,
      roundTrip: settings.roundTrip > 0 ? { retriever: best, first: settings.roundTrip } : undefined,
    },
    mining: {
      retriever: best,
      count: mined,
      random,
      band,
      judge,
      falseNegativeGrade: falseNegativeGrade as 1 | 2 | 3,
      onFalseNegative: 'relabel',
    },
    graded: settings.graded > 0 ? { model: writer, share: settings.graded, judge } : undefined,
    contamination: contaminationCheck(judged.values(), { seed: recipe.seed }),
    provenance: { recipeHash: recipeHash(recipe) },
    ...job,
  });
  funnel.add(set.funnel);
  if (set.stopped !== undefined) {
    // What was paid for is in the ledger: the next run makes these again for nothing.
    await writeExamples(join(folder, partial), set.examples);
    await writeFunnel(folder, funnel);
    throw set.stopped;
  }
  const examples = splitExamples(set.examples, {
    seed: recipe.seed,
    shares: { train: 1 - settings.validation, validation: settings.validation },
    funnel,
  });
  await writeExamples(join(folder, generated.examples), examples);
  await writeFunnel(folder, funnel);
  await writeExports(folder, examples);
  await rm(join(folder, partial), { force: true });
  return { usage: usageSince(before, models.usage) };
}

const writeFunnel = (folder: string, funnel: Funnel): Promise<void> =>
  atomicWrite(join(folder, generated.funnel), `${JSON.stringify(funnel, null, 2)}\n`);

/** The set as other trainers read it: the training part alone. */
async function writeExports(folder: string, examples: readonly Example[]): Promise<void> {
  const train = examples.filter(({ split }) => split === 'train');
  for (const shape of ['triplets', 'listwise'] as const) {
    await exportSentenceTransformers(join(folder, 'exports', `sentence-transformers-${shape}.jsonl`), train, {
      shape,
    });
  }
  await exportMsMarco(join(folder, 'exports', 'msmarco'), train);
}
