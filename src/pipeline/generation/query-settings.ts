import type { JobOptions } from '../../core/progress.js';
import type { Query } from '../../core/query.js';
import { loadDataset } from '../../formats/dataset.js';
import type { Corpus } from '../../generate/corpus.js';
import type { Funnel } from '../../generate/funnel.js';
import type { GenerateSetOptions } from '../../generate/generate-set.js';
import { openLanguageDetector } from '../../generate/hygiene/language.js';
import type { Judge } from '../../generate/judge/judge.js';
import { chooseExamples, judgedQueryExamples, readQueryExamples } from '../../generate/queries/few-shot.js';
import { createLinker } from '../../generate/queries/link-passages.js';
import type { QueryLogProfile } from '../../generate/sample/profile-query-log.js';
import type { LanguageModel } from '../../models/language-model.js';
import type { FirstStage } from '../first-stage.js';
import type { Recipe } from '../recipe/recipe.js';

export interface QuerySettingsOptions extends JobOptions {
  readonly writer: LanguageModel;
  readonly judge: Judge;
  readonly firstStage: FirstStage;
  readonly corpus: Corpus;
  /** Queries that results are measured on: never shown as examples. */
  readonly evaluation: readonly Query[];
  readonly funnel: Funnel;
  /** What the query log is made of, where one is followed. */
  readonly log?: QueryLogProfile;
}

/** How queries are written and checked. */
export async function querySettings(
  { dataset, seed, generate }: Recipe,
  { writer, judge, firstStage, corpus, evaluation, funnel, log, ...job }: QuerySettingsOptions,
): Promise<Pick<GenerateSetOptions, 'writer' | 'source' | 'linker'>> {
  const { sample, examples, languageCheck, roundTrip, unanswerable, reversed } = generate;
  const { best: retriever, bm25 } = firstStage;
  const voices =
    log && sample.method === 'query-log' && sample.lengths
      ? { ...generate.voices, lengths: log.lengths }
      : generate.voices;
  const chosen =
    examples &&
    chooseExamples(
      examples.file === undefined
        ? judgedQueryExamples(await loadDataset(dataset!, { ...job, split: examples.split }))
        : await readQueryExamples(examples.file, job),
      { seed, count: examples.count, evaluation },
    );
  for (let left = chosen?.contaminated ?? 0; left > 0; left--)
    funnel.reject('examples shown', 'evaluation-query');
  return {
    writer: {
      model: writer,
      voices,
      ...(chosen && { examples: chosen.forType }),
      ...(languageCheck && { tellLanguage: await openLanguageDetector() }),
    },
    source: {
      judge,
      roundTrip: roundTrip > 0 ? { retriever, first: roundTrip } : undefined,
      unanswerable: { retriever, corpus, first: unanswerable },
      reversed,
    },
    linker: createLinker({ corpus, retriever, seed, statistics: bm25.statistics() }),
  };
}
