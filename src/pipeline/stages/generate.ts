import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { RankforgeError } from '../../core/errors.js';
import type { Example } from '../../core/example.js';
import type { JobOptions } from '../../core/progress.js';
import { usageSince } from '../../core/usage.js';
import type { Warning } from '../../core/warning.js';
import { atomicWrite } from '../../formats/atomic-write.js';
import { readEvaluationTexts } from '../../formats/evaluation-texts.js';
import { readExamples, writeExamples } from '../../formats/examples.js';
import { exportExamples } from '../../formats/exports/export-examples.js';
import { corpusOf } from '../../generate/corpus.js';
import { Funnel } from '../../generate/funnel.js';
import { type GenerateSetOptions, generateSet } from '../../generate/generate-set.js';
import type { LengthBias } from '../../generate/graded/length-bias.js';
import { contaminationCheck } from '../../generate/hygiene/contamination.js';
import type { Judge } from '../../generate/judge/judge.js';
import { type DifficultyReport, difficultyReport } from '../../generate/queries/difficulty.js';
import type { SampleReport } from '../../generate/sample/draw-passages.js';
import { type ExampleSplit, splitWithSizes } from '../../generate/split/split-examples.js';
import { topicsOf } from '../../generate/split/topics-of.js';
import type { EmbeddingModel } from '../../models/embedding-model.js';
import type { LanguageModel } from '../../models/language-model.js';
import { trainingFrame } from '../../rerank/training-frame.js';
import type { ForgeContext } from '../forge-context.js';
import { cleanCorpus, ngramRule } from '../generation/clean-corpus.js';
import { describeExamples } from '../generation/describe-examples.js';
import { drawSources } from '../generation/draw-sources.js';
import { miningSettings } from '../generation/mining-settings.js';
import { openJudge } from '../generation/open-judge.js';
import { querySettings } from '../generation/query-settings.js';
import { type SelectedExamples, selectExamples } from '../generation/select-examples.js';
import type { GenerateSection } from '../recipe/generate-section.js';
import { modelSettings, recipeHash } from '../recipe/recipe.js';
import type { ReportData } from '../report/report-data.js';
import type { Stage } from '../stage.js';

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
      ...recipe.generate,
      seed: recipe.seed,
      models: modelSettings(recipe),
      encoder: recipe.encoder,
      retrieval: { ...recipe.retrieval, depth: undefined },
      evaluated: recipe.evaluate.split,
    },
    files: [...datasetFiles(context), ...generationFiles(recipe.generate)],
    run: ({ folder, ...job }) => generate(context, folder, job),
  };
}

/** Files besides the dataset's that generation reads. */
const generationFiles = ({ sample, examples, negatives, hygiene }: GenerateSection): string[] =>
  [
    ...(sample.method === 'query-log' ? [sample.log] : []),
    ...(examples?.file === undefined ? [] : [examples.file]),
    ...(negatives.threshold === undefined ? [] : [negatives.threshold]),
    ...hygiene.against.flatMap((folder) =>
      ['queries.jsonl', 'corpus.jsonl'].flatMap((name) => [join(folder, name), join(folder, `${name}.gz`)]),
    ),
  ].filter((path) => existsSync(path));

/** The files that the dataset of a recipe is read from. */
export function datasetFiles({ recipe }: ForgeContext): string[] {
  return ['corpus.jsonl', 'queries.jsonl', `qrels/${recipe.evaluate.split ?? 'test'}.tsv`]
    .flatMap((name) => [join(recipe.dataset, name), join(recipe.dataset, `${name}.gz`)])
    .filter((path) => existsSync(path));
}

async function generate(context: ForgeContext, folder: string, job: JobOptions) {
  const { recipe } = context;
  const { generate: settings, seed } = recipe;
  const { passages, queries: judged, qrels } = await context.dataset();
  if (qrels.size === 0 && settings.validation === 0) {
    throw new RankforgeError('bad-recipe', 'There are no judged queries, and none are held out', {
      where: 'generate.validation',
      hint: 'Give validation a share above 0, or the dataset judged queries: students are measured on them.',
    });
  }
  const firstStage = await context.firstStage();
  const { encoder } = firstStage;
  const models = await context.models();
  const before = models.usage;
  const writer = await models.open(settings.model);
  const { judge, name: judgeName } = await openJudge(settings.judge, writer, models);
  const negativeWriter =
    settings.negatives.writer === undefined ? writer : await models.open(settings.negatives.writer);
  const funnel = new Funnel();
  const evaluation = await readEvaluationTexts(settings.hygiene.against, job);
  const evaluated = [...judged.values(), ...evaluation.queries];
  const cleaned = await cleanCorpus(passages, settings.hygiene, { ...job, evaluation, seed, funnel });
  const corpus = corpusOf(cleaned.values());
  const drawn = await drawSources(cleaned.values(), settings, { ...job, seed, funnel, encoder, folder });
  const set = await generateSet({
    ...job,
    ...(await querySettings(recipe, {
      ...job,
      writer,
      judge,
      firstStage,
      corpus,
      evaluation: evaluated,
      funnel,
    })),
    count: settings.select ? Math.round(settings.count * settings.oversample) : settings.count,
    seed,
    passages: drawn.passages,
    corpus,
    types: drawn.types,
    mining: await miningSettings(settings, {
      firstStage,
      judge,
      judgeName,
      writer: negativeWriter,
    }),
    ...writtenSettings(settings, writer, judge),
    contamination: contaminationCheck(evaluated, { seed, ngrams: ngramRule(settings.hygiene) }),
    provenance: { recipeHash: recipeHash(recipe) },
  });
  funnel.add(set.funnel);
  if (set.stopped !== undefined) {
    // What was paid for is in the ledger: the next run makes these again for nothing.
    await writeExamples(join(folder, partial), set.examples);
    await writeFunnel(folder, funnel);
    throw set.stopped;
  }
  const selected = isSelecting(settings)
    ? await selectExamples(set.examples, settings, { ...job, seed, encoder, funnel })
    : undefined;
  const chosen = selected?.examples ?? set.examples;
  const { examples, ...split } = splitWithSizes(chosen, {
    seed,
    shares: { train: 1 - settings.validation, validation: settings.validation },
    tolerance: settings.split.tolerance,
    topic: settings.split.by === 'topic' ? await topicOf(chosen, encoder, { ...job, seed }) : undefined,
    funnel,
  });
  const description = await describeExamples(examples, { ...job, seed, encoder });
  await writeExamples(join(folder, generated.examples), examples);
  await writeFunnel(folder, funnel);
  const details: SetDetails = {
    set: description,
    difficulty: difficultyReport(examples.map(({ query }) => query)),
    split,
    sample: drawn.report,
    selection: selected && { comparison: selected.comparison, notes: selected.notes },
  };
  await atomicWrite(join(folder, generated.description), `${JSON.stringify(details, null, 2)}\n`);
  const warnings = checkLengths(description.lengthBias.written, settings.graded.lengthBias);
  await exportExamples(
    () => readExamples(join(folder, generated.examples)),
    settings.exports,
    join(folder, 'exports'),
    { seed, frame: trainingFrame(), ...job },
  );
  await rm(join(folder, partial), { force: true });
  return { usage: usageSince(before, models.usage), warnings };
}

/** What is known of a set besides its examples. */
export interface SetDetails {
  readonly set: NonNullable<ReportData['set']>;
  readonly difficulty: DifficultyReport;
  readonly split: Omit<ExampleSplit, 'examples'>;
  readonly sample?: SampleReport;
  readonly selection?: Omit<SelectedExamples, 'examples'>;
}

const isSelecting = (
  settings: GenerateSection,
): settings is GenerateSection & { readonly select: NonNullable<GenerateSection['select']> } =>
  settings.select !== undefined;

/** Graded passages and edits, where any are asked for. */
function writtenSettings(
  { graded, edits }: GenerateSection,
  model: LanguageModel,
  judge: Judge,
): Pick<GenerateSetOptions, 'graded' | 'edits' | 'disagreement'> {
  const { share, lengths, styles, onDisagreement, rewrites } = graded;
  return {
    graded: share > 0 ? { model, share, lengths, styles, judge } : undefined,
    edits: edits.share > 0 ? { model, share: edits.share, how: edits.how, judge } : undefined,
    disagreement: { onDisagreement, rewrites },
  };
}

async function topicOf(
  examples: readonly Example[],
  model: EmbeddingModel | undefined,
  options: JobOptions & { readonly seed: number },
) {
  if (!model) {
    throw new RankforgeError('bad-recipe', 'Topics are told by embeddings, and there is no encoder', {
      where: 'generate.split.by',
      hint: 'Name an encoder, or split by document.',
    });
  }
  const sources = examples.flatMap(({ passages }) =>
    passages
      .filter(({ origin, kind }) => origin === 'corpus' && kind !== 'random')
      .map(({ passage }) => passage),
  );
  return topicsOf(sources, { model, ...options });
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

const writeFunnel = (folder: string, funnel: Funnel): Promise<void> =>
  atomicWrite(join(folder, generated.funnel), `${JSON.stringify(funnel, null, 2)}\n`);
