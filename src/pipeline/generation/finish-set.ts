import { RankforgeError } from '../../core/errors.js';
import type { Example } from '../../core/example.js';
import type { JobOptions } from '../../core/progress.js';
import type { Funnel } from '../../generate/funnel.js';
import { type DifficultyReport, difficultyReport } from '../../generate/queries/difficulty.js';
import type { SampleReport } from '../../generate/sample/draw-passages.js';
import type { QueryLogProfile } from '../../generate/sample/profile-query-log.js';
import { type ExampleSplit, splitWithSizes } from '../../generate/split/split-examples.js';
import { topicsOf } from '../../generate/split/topics-of.js';
import type { EmbeddingModel } from '../../models/embedding-model.js';
import type { GenerateSection } from '../recipe/generate-section.js';
import type { ReportData } from '../report/report-data.js';
import { describeExamples } from './describe-examples.js';
import type { MadeSet } from './make-set.js';
import { type SelectedExamples, selectExamples } from './select-examples.js';

/** What is known of a set besides its examples. */
export interface SetDetails {
  readonly set: NonNullable<ReportData['set']>;
  readonly difficulty: DifficultyReport;
  readonly split: Omit<ExampleSplit, 'examples'>;
  readonly sample?: SampleReport;
  /** What the query log is made of that was followed. */
  readonly log?: QueryLogProfile;
  readonly selection?: Omit<SelectedExamples, 'examples'>;
}

export interface FinishedSet {
  /** As many as ordered. */
  readonly examples: readonly Example[];
  readonly details: SetDetails;
}

/** Selects from what was made, divides it and describes it. Counted in the funnel. */
export async function finishSet(
  { examples: made, encoder, scorer, sample, log }: MadeSet,
  settings: GenerateSection,
  { seed, funnel, ...job }: JobOptions & { readonly seed: number; readonly funnel: Funnel },
): Promise<FinishedSet> {
  const { select, count, validation, split: how } = settings;
  const selected =
    select && (await selectExamples(made, { select, count }, { ...job, seed, encoder, scorer, funnel }));
  const chosen = selected?.examples ?? made;
  const { examples, ...split } = splitWithSizes(chosen, {
    seed,
    shares: { train: 1 - validation, validation },
    tolerance: how.tolerance,
    topic: how.by === 'topic' ? await topicOf(chosen, encoder, { ...job, seed }) : undefined,
    funnel,
  });
  return {
    examples,
    details: {
      set: await describeExamples(examples, { ...job, seed, encoder }),
      difficulty: difficultyReport(examples.map(({ query }) => query)),
      split,
      sample,
      log,
      selection: selected && { comparison: selected.comparison, notes: selected.notes },
    },
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
