import { join } from 'node:path';
import { RankforgeError } from '../../core/errors.js';
import type { JobOptions } from '../../core/progress.js';
import { readEvaluationTexts } from '../../formats/evaluation-texts.js';
import { PassageStore } from '../../formats/passage-store.js';
import { corpusOfMap } from '../../generate/corpus.js';
import { Funnel } from '../../generate/funnel.js';
import { type GeneratedSet, type GenerateSetOptions, generateSet } from '../../generate/generate-set.js';
import { generateTopicSet } from '../../generate/generate-topic-set.js';
import { openLanguageDetector } from '../../generate/hygiene/language.js';
import { drawJudgedPairs } from '../../generate/judge/draw-judged-pairs.js';
import type { Judge } from '../../generate/judge/judge.js';
import { createJudgeLog, withReasons } from '../../generate/judge/judge-log.js';
import { judgeAll } from '../../generate/judge/judge-passages.js';
import type { JudgementRecord } from '../../generate/judge/judgement-record.js';
import { eachAlone } from '../../generate/judge/list-judge.js';
import type { SampleReport } from '../../generate/sample/draw-passages.js';
import type { QueryLogProfile } from '../../generate/sample/profile-query-log.js';
import type { EmbeddingModel } from '../../models/embedding-model.js';
import { createAnalyser } from '../../retrieval/analyser.js';
import { termStatistics } from '../../retrieval/bm25.js';
import type { ForgeContext } from '../forge-context.js';
import type { GenerateSection } from '../recipe/generate-section.js';
import { type Recipe, recipeHash } from '../recipe/recipe.js';
import { cleanCorpus } from './clean-corpus.js';
import { queryCheck } from './contamination-checks.js';
import { type DifficultyScorer, scoreByBm25, scoreByCosine } from './difficulty-scorers.js';
import { drawSources } from './draw-sources.js';
import { miningSettings } from './mining-settings.js';
import { openJudge } from './open-judge.js';
import { querySettings } from './query-settings.js';
import { writtenAlone, writtenSettings } from './written-settings.js';

/** The set as it was generated, before anything is selected from it. */
export interface MadeSet extends GeneratedSet {
  readonly encoder: EmbeddingModel | undefined;
  /** Opens what selecting by difficulty asks: the encoder, or BM25 where there is none. */
  readonly scorer: () => DifficultyScorer;
  /** How documents were drawn; absent where all are taken in turn, and where there are none. */
  readonly sample?: SampleReport;
  /** What the query log is made of that was followed. */
  readonly log?: QueryLogProfile;
  /** All that the judge said, of what was then left out too. */
  readonly judgements: readonly JudgementRecord[];
}

export interface MakeSetOptions extends JobOptions {
  /** For what takes more than memory. */
  readonly folder: string;
}

/** Makes what a recipe orders: from documents, or of topics. */
export const makeSet = (context: ForgeContext, options: MakeSetOptions): Promise<MadeSet> =>
  context.recipe.generate.topics ? fromTopics(context, options) : fromDocuments(context, options);

async function fromDocuments(context: ForgeContext, { folder, ...job }: MakeSetOptions): Promise<MadeSet> {
  const { recipe } = context;
  const { generate: settings, seed } = recipe;
  const { passages, queries: judged } = await context.dataset();
  const firstStage = await context.firstStage();
  const { encoder } = firstStage;
  const models = await context.models();
  const writer = await models.open(settings.model);
  const { judge: asked, name: judgeName } = await openJudge(settings.judge, models, settings.model);
  const judgeLog = createJudgeLog(asked);
  const { judge } = judgeLog;
  const negativeWriter =
    settings.negatives.writer === undefined ? writer : await models.open(settings.negatives.writer);
  const funnel = new Funnel();
  const texts = await readEvaluationTexts(settings.hygiene.against, job);
  const evaluation = [...judged.values(), ...texts.queries];
  const shared = { ...job, seed, encoder };
  await using store = new PassageStore({ path: join(folder, 'clean-passages.tmp') });
  const hygiene = { ...shared, evaluation: texts, funnel, store };
  const cleaned = await cleanCorpus(passages, settings.hygiene, hygiene);
  const corpus = corpusOfMap(cleaned);
  const count = countToMake(settings);
  const { log, ...drawn } = await drawSources(() => cleaned.values(), settings, {
    ...shared,
    count,
    funnel,
    folder,
  });
  await judgeMeasured(context, judge, job);
  const set = await generateSet({
    ...job,
    ...(await querySettings(recipe, { ...job, writer, judge, firstStage, corpus, evaluation, funnel, log })),
    count,
    concurrency: itemsAtOnce(recipe),
    seed,
    passages: drawn.passages,
    corpus,
    types: drawn.types,
    mining: await miningSettings(settings, { firstStage, judge, judgeName, writer: negativeWriter }),
    ...writtenSettings(settings, writer, judge),
    contamination: await queryCheck(evaluation, settings.hygiene, shared),
    provenance: { recipeHash: recipeHash(recipe) },
  });
  const judgements = judgeLog.records();
  return {
    ...set,
    examples: withReasons(set.examples, judgements),
    funnel: Funnel.merge(funnel, set.funnel),
    encoder,
    scorer: () =>
      encoder ? scoreByCosine(encoder) : scoreByBm25(firstStage.bm25.statistics(), recipe.retrieval),
    sample: drawn.report,
    log,
    judgements,
  };
}

async function fromTopics(context: ForgeContext, { folder: _, ...job }: MakeSetOptions): Promise<MadeSet> {
  const { recipe } = context;
  const { generate: settings, seed } = recipe;
  const { domain, known, perTopic } = settings.topics!;
  const { queries: judged } = await context.dataset();
  const encoder = await context.encoder();
  const models = await context.models();
  const model = await models.open(settings.model);
  const { judge: asked } = await openJudge(settings.judge, models, settings.model);
  const log = createJudgeLog(asked);
  await judgeMeasured(context, log.judge, job);
  const texts = await readEvaluationTexts(settings.hygiene.against, job);
  const evaluation = [...judged.values(), ...texts.queries];
  const set = await generateTopicSet({
    ...job,
    count: countToMake(settings),
    concurrency: itemsAtOnce(recipe),
    seed,
    topics: { model, domain, known },
    perTopic,
    writer: {
      model,
      voices: settings.voices,
      ...(settings.languageCheck && { tellLanguage: await openLanguageDetector() }),
    },
    types: settings.types,
    judge: log.judge,
    ...writtenAlone(settings, model),
    contamination: await queryCheck(evaluation, settings.hygiene, { ...job, seed, encoder }),
    provenance: { recipeHash: recipeHash(recipe) },
  });
  const judgements = log.records();
  // There is no collection but what was written.
  const written = set.examples.flatMap(({ passages }) => passages.map(({ passage }) => passage));
  return {
    ...set,
    examples: withReasons(set.examples, judgements),
    encoder,
    scorer: () =>
      encoder
        ? scoreByCosine(encoder)
        : scoreByBm25(termStatistics(written, createAnalyser('english')), recipe.retrieval),
    judgements,
  };
}

/** Has the judge grade what people judged. Nothing trains on it: the report says by it how far they agree. */
async function judgeMeasured(
  { recipe, dataset }: ForgeContext,
  judge: Judge,
  job: JobOptions,
): Promise<void> {
  const { generate: settings, seed } = recipe;
  const pairs = drawJudgedPairs(await dataset(), { count: settings.judge.measured, seed });
  if (settings.judge.measured > 0 && pairs.length === 0) {
    throw new RankforgeError(
      'too-little-data',
      'The judge is to be measured on pairs that people judged, and the dataset has none',
      {
        where: 'generate.judge.measured',
        hint: 'Name the split that has them as evaluate.split, or leave judge.measured out.',
      },
    );
  }
  for await (const _ of judgeAll(pairs, { ...job, judge: eachAlone(judge) }));
}

const countToMake = ({ select, count, oversample }: GenerateSection): GenerateSetOptions['count'] =>
  select ? Math.round(count * oversample) : count;

/** Twice the calls that the writer may have: what waits for a check or for the disk leaves no slot of its server empty. */
const itemsAtOnce = ({ generate, models }: Recipe): number => 2 * models[generate.model]!.concurrency;
