import { RankforgeError } from '../../core/errors.js';
import type { Passage } from '../../core/passage.js';
import type { JobOptions } from '../../core/progress.js';
import type { EvaluationTexts } from '../../formats/evaluation-texts.js';
import type { PassageStore } from '../../formats/passage-store.js';
import type { Funnel } from '../../generate/funnel.js';
import { cleanPassages } from '../../generate/hygiene/clean-passages.js';
import { openLanguageCheck } from '../../generate/hygiene/language.js';
import { createPiiScrubber } from '../../generate/hygiene/pii/scrub-pii.js';
import type { GenerateSection } from '../recipe/generate-section.js';
import { type ContaminationChecksOptions, passageCheck } from './contamination-checks.js';

/**
 * What the set is made from: the collection without other languages and texts of evaluation sets, personal data replaced. The collection
 * itself where nothing of this is asked for.
 * @throws RankforgeError `empty-corpus` where nothing is left
 */
export async function cleanCorpus(
  passages: ReadonlyMap<string, Passage>,
  hygiene: GenerateSection['hygiene'],
  {
    evaluation,
    seed,
    encoder,
    funnel,
    store,
    ...job
  }: JobOptions &
    ContaminationChecksOptions & {
      readonly evaluation: EvaluationTexts;
      readonly funnel: Funnel;
      /** Where what is left goes. */
      readonly store: PassageStore;
    },
): Promise<ReadonlyMap<string, Passage>> {
  const { languages, unknownLanguage: unknown, pii } = hygiene;
  const against = evaluation.queries.length + evaluation.passages.length > 0;
  if (!languages && !pii && !against) return passages;
  const flow = cleanPassages(passages.values(), {
    ...job,
    language: languages && (await openLanguageCheck({ languages, unknown })),
    scrub: pii ? createPiiScrubber(pii === true ? {} : pii) : undefined,
    contamination: against
      ? await passageCheck(evaluation, hygiene, { seed, encoder, signal: job.signal })
      : undefined,
    funnel,
  });
  for await (const passage of flow) await store.add(passage);
  if (store.size === 0) throw nothingLeft(passages.size, funnel);
  return store;
}

function nothingLeft(read: number, funnel: Funnel): RankforgeError {
  const reasons = funnel
    .toJSON()
    .stages.flatMap(({ rejected }) => Object.entries(rejected))
    .map(([reason, times]) => `${reason} ${times}`);
  return new RankforgeError(
    'empty-corpus',
    `Cleaning left none of ${read} documents: ${reasons.join(', ')}`,
    {
      where: 'generate.hygiene',
      hint: 'Name other languages, or evaluation sets that are not made of this corpus.',
    },
  );
}
