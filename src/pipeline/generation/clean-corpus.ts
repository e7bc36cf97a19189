import type { Passage } from '../../core/passage.js';
import type { JobOptions } from '../../core/progress.js';
import type { EvaluationTexts } from '../../formats/evaluation-texts.js';
import type { Funnel } from '../../generate/funnel.js';
import { cleanPassages } from '../../generate/hygiene/clean-passages.js';
import { passageContaminationCheck } from '../../generate/hygiene/contamination.js';
import { openLanguageCheck } from '../../generate/hygiene/language.js';
import { type NgramRule, ngramRules } from '../../generate/hygiene/ngram-overlap.js';
import { createPiiScrubber } from '../../generate/hygiene/pii/scrub-pii.js';
import type { GenerateSection } from '../recipe/generate-section.js';

type Hygiene = GenerateSection['hygiene'];

/** Whose n-grams count. */
export const ngramRule = ({ ngrams }: Hygiene): NgramRule | false =>
  ngrams === false ? false : ngramRules[ngrams];

/**
 * What the set is made from: the collection without other languages and texts of evaluation sets, personal data replaced. The collection
 * itself where nothing of this is asked for.
 */
export async function cleanCorpus(
  passages: ReadonlyMap<string, Passage>,
  hygiene: Hygiene,
  {
    evaluation,
    seed,
    funnel,
    ...job
  }: JobOptions & {
    readonly evaluation: EvaluationTexts;
    readonly seed: number;
    readonly funnel: Funnel;
  },
): Promise<ReadonlyMap<string, Passage>> {
  const { languages, unknownLanguage: unknown, pii } = hygiene;
  const against = evaluation.queries.length + evaluation.passages.length > 0;
  if (!languages && !pii && !against) return passages;
  const cleaned = new Map<string, Passage>();
  const flow = cleanPassages(passages.values(), {
    ...job,
    language: languages && (await openLanguageCheck({ languages, unknown })),
    scrub: pii ? createPiiScrubber(pii === true ? {} : pii) : undefined,
    contamination: against
      ? passageContaminationCheck(evaluation, { seed, ngrams: ngramRule(hygiene) })
      : undefined,
    funnel,
  });
  for await (const passage of flow) cleaned.set(passage.id, passage);
  return cleaned;
}
