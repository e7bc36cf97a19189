import { RankforgeError } from '../../core/errors.js';
import type { Comparator } from '../comparator.js';
import { type ComparatorEntry, needed, notSo } from './entry.js';
import { type ModelComparatorOptions, promptOf } from './model-options.js';
import { writtenRanking } from './written-ranking.js';

export interface ReasonOptions extends ModelComparatorOptions {
  /** Room for the thinking; a reply that is still thinking then is no ranking. @default 1024 */
  readonly thinkingTokens?: number;
}

/**
 * Thinks first, then writes the ranking. What was thought is kept apart: it is paid for and told as `thinking`, and never
 * read as a ranking. Models that think in `<think>` tags and those that only write `Ranking:` at the end both serve.
 * `cost` counts all the room for thinking, which is the most that it can take.
 * @throws RankforgeError `usage` for room that is no whole number; from `compare`: `unparsed-ranking`, `context-overflow`, the model's
 * @see Zhuang et al. 2025 (Rank-R1), arXiv:2503.06034; Cai et al. 2025 (ERank), arXiv:2509.00520
 */
export function reasonComparator({ thinkingTokens = 1024, ...options }: ReasonOptions): Comparator {
  if (!(Number.isInteger(thinkingTokens) && thinkingTokens >= 1)) {
    throw new RankforgeError('usage', `Room for ${thinkingTokens} tokens of thinking is no room`, {
      hint: 'Give a whole number from 1.',
    });
  }
  const prompt = promptOf(options, 'rerank/reason');
  return writtenRanking({ name: 'reason', model: options.model, thinkingTokens, ...prompt });
}

export const reasonEntry: ComparatorEntry = {
  form: 'reason[:TOKENS]',
  summary: 'thinks first, in up to 1024 tokens unless told, then writes the ranking (Rank-R1)',
  needs: { model: ['text'] },
  gives: 'order',
  create: (argument, { model, prompt }) => {
    if (argument !== undefined && !/^[1-9]\d{0,6}$/.test(argument)) throw notSo('reason[:TOKENS]', argument);
    const thinkingTokens = argument === undefined ? undefined : Number(argument);
    return reasonComparator({ model: needed(model, 'a language model', 'model'), prompt, thinkingTokens });
  },
};
