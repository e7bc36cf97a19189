import { RankforgeError } from '../../core/errors.js';
import type { LanguageModel } from '../../models/language-model.js';

/** What a comparator can use of a language model. */
export type ModelNeed = 'label-logits' | 'likelihood' | 'schema' | 'text';

const has: Record<ModelNeed, (model: Pick<LanguageModel, 'capabilities'>) => boolean> = {
  'label-logits': ({ capabilities }) => capabilities.nextToken !== 'none',
  likelihood: ({ capabilities }) => capabilities.likelihood,
  schema: ({ capabilities }) => capabilities.schema,
  text: () => true,
};

const words: Record<ModelNeed, string> = {
  'label-logits': 'log-probabilities of labels',
  likelihood: 'likelihood of a given reply',
  schema: 'replies held to a schema',
  text: 'written replies',
};

/**
 * The first of a comparator's needs, best first, that a model meets: a later one is the fallback.
 * @throws RankforgeError `unsupported` where it meets none
 */
export function meetNeed<N extends ModelNeed>(
  model: Pick<LanguageModel, 'id' | 'capabilities'>,
  comparator: string,
  needs: readonly N[],
): N {
  const met = needs.find((need) => has[need](model));
  if (met !== undefined) return met;
  throw new RankforgeError(
    'unsupported',
    `${model.id} offers no ${needs.map((need) => words[need]).join(' and no ')}, which the comparator ${comparator} needs`,
    { where: model.id, hint: 'Use a local model, or the comparator "pointwise" or "generate".' },
  );
}
