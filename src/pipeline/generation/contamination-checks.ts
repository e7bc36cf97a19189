import type { JobOptions } from '../../core/progress.js';
import type { Query } from '../../core/query.js';
import type { EvaluationTexts } from '../../formats/evaluation-texts.js';
import {
  type AsyncContaminationCheck,
  type ContaminationCheck,
  contaminationCheck,
  firstReason,
  passageContaminationCheck,
} from '../../generate/hygiene/contamination.js';
import { embeddingContaminationCheck } from '../../generate/hygiene/embedding-contamination.js';
import { ngramRules } from '../../generate/hygiene/ngram-overlap.js';
import type { EmbeddingModel } from '../../models/embedding-model.js';
import type { GenerateSection } from '../recipe/generate-section.js';

type Check = ContaminationCheck | AsyncContaminationCheck;
type Hygiene = Pick<GenerateSection['hygiene'], 'ngrams' | 'embedding'>;

export interface ContaminationChecksOptions extends Pick<JobOptions, 'signal'> {
  readonly seed: number;
  readonly encoder: EmbeddingModel | undefined;
}

/** Of generated queries: by words, and where the recipe has a least cosine by meaning too. */
export const queryCheck = (
  evaluated: readonly Query[],
  hygiene: Hygiene,
  options: ContaminationChecksOptions,
): Promise<Check> =>
  withMeaning(
    contaminationCheck(evaluated, wordsRule(hygiene, options)),
    evaluated,
    'query',
    hygiene,
    options,
  );

/** Of documents, the same. */
export const passageCheck = (
  evaluation: EvaluationTexts,
  hygiene: Hygiene,
  options: ContaminationChecksOptions,
): Promise<Check> =>
  withMeaning(
    passageContaminationCheck(evaluation, wordsRule(hygiene, options)),
    evaluation.passages,
    'passage',
    hygiene,
    options,
  );

/** Whose n-grams count. */
const wordsRule = ({ ngrams }: Hygiene, { seed }: ContaminationChecksOptions) =>
  ({ seed, ngrams: ngrams === false ? false : ngramRules[ngrams] }) as const;

/** The dear check last: it is asked where the cheap one finds nothing. */
async function withMeaning(
  words: ContaminationCheck,
  texts: readonly { readonly text: string }[],
  kind: 'query' | 'passage',
  { embedding: threshold }: Hygiene,
  { encoder: model, signal }: ContaminationChecksOptions,
): Promise<Check> {
  if (threshold === undefined || !model) return words;
  return firstReason(words, await embeddingContaminationCheck(texts, { model, threshold, kind, signal }));
}
