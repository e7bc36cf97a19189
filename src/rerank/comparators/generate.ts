import type { Comparator } from '../comparator.js';
import { type ComparatorEntry, onModel } from './entry.js';
import { type ModelComparatorOptions, promptOf } from './model-options.js';
import { writtenRanking } from './written-ranking.js';

/**
 * The permutation written out and parsed: RankGPT's way, which any model can be asked for. Letters name up to 26
 * passages, numbers more. A second try samples at temperature 0.5, since a greedy reply would be the same again.
 * @throws RankforgeError from `compare`: `unparsed-ranking`, `context-overflow`, the model's
 * @see Sun et al. 2023, arXiv:2304.09542
 */
export const generateComparator = (options: ModelComparatorOptions): Comparator =>
  writtenRanking({ name: 'generate', model: options.model, ...promptOf(options, 'rerank/listwise') });

export const generateEntry: ComparatorEntry = {
  form: 'generate',
  summary: 'the ranking written out and parsed (RankGPT)',
  needs: { model: ['text'] },
  gives: 'order',
  create: onModel('generate', generateComparator),
};
