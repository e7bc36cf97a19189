import { RankforgeError } from '../../core/errors.js';
import type { Example } from '../../core/example.js';
import type { JobOptions } from '../../core/progress.js';
import type { Funnel } from '../../generate/funnel.js';
import { compareSelection, type SelectionComparison } from '../../generate/select/compare-selection.js';
import { exampleDifficulties } from '../../generate/select/difficulty.js';
import { embedExamples } from '../../generate/select/embed-examples.js';
import { selectEachType } from '../../generate/select/select-each-type.js';
import type { EmbeddingModel } from '../../models/embedding-model.js';
import type { GenerateSection } from '../recipe/generate-section.js';
import type { DifficultyScorer } from './difficulty-scorers.js';

export interface SelectedExamples {
  readonly examples: readonly Example[];
  readonly comparison: SelectionComparison;
  readonly notes: readonly string[];
}

/** The set out of the larger one that was made, in the mix in which it was made, and how it differs from random ones of its size. */
export async function selectExamples(
  examples: readonly Example[],
  { select: settings, count }: Required<Pick<GenerateSection, 'select' | 'count'>>,
  {
    seed,
    encoder,
    scorer,
    funnel,
    ...job
  }: JobOptions & {
    readonly seed: number;
    readonly encoder: EmbeddingModel | undefined;
    readonly scorer: () => DifficultyScorer;
    readonly funnel: Funnel;
  },
): Promise<SelectedExamples> {
  const vectors = encoder && (await embedExamples(examples, encoder, job));
  const byDifficulty =
    settings.method === 'difficulty' ||
    (settings.method === 'diversify-and-conquer' && settings.weigh === 'difficulty');
  const { score, temperature } = byDifficulty ? scorer() : {};
  const difficulties =
    score &&
    (await exampleDifficulties(examples, [score], {
      ...job,
      temperature,
      ...(settings.method === 'difficulty' && { measure: settings.measure }),
    }));
  const input = { examples, vectors, difficulties };
  const chosen = await selectEachType(input, settings, { count, seed, funnel, ...job });
  if (chosen.examples.length < count) {
    const told = `${chosen.examples.length} of ${count} examples were selected.`;
    throw new RankforgeError(
      'count-not-reached',
      [told, ...(chosen.notes ?? []).filter((note) => note !== told)].join(' '),
      {
        where: 'generate.select',
        hint: 'Make more to select from with oversample, or give other shares or refill: any.',
      },
    );
  }
  return {
    examples: chosen.examples,
    comparison: await compareSelection(input, chosen.indexes, { seed, signal: job.signal }),
    notes: chosen.notes ?? [],
  };
}
