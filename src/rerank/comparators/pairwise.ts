import type { Passage } from '../../core/passage.js';
import type { Query } from '../../core/query.js';
import { addUsage, noUsage, type Usage } from '../../core/usage.js';
import type { Warning } from '../../core/warning.js';
import { afterTaking } from '../after-taking.js';
import type { Comparator, Comparison } from '../comparator.js';
import { addCosts, noCost } from '../comparison-cost.js';
import { trivialOrder } from '../listwise-prompt.js';
import { type BestLabel, bestLabel } from './best-label.js';
import { type ComparatorEntry, onModel } from './entry.js';
import type { FirstOptions } from './first.js';
import { noLogits } from './label-question.js';
import { logOdds } from './log-odds.js';
import { promptOf } from './model-options.js';

/**
 * Which of two passages is better, asked in both orders. By log-probabilities, P(the first wins) is the logistic of the mean
 * of both log-odds, in which a preference for a place cancels out. Written, it is 1 or 0 where both orders agree, and where
 * they do not a tie, ½ each. Either way an order inconsistency is a warning.
 * @throws RankforgeError from `compare`: `ambiguous-labels`, `context-overflow`, `bad-reply`, `unparsed-ranking`
 * @see Qin et al. 2024 (pairwise ranking prompting), arXiv:2306.17563
 */
export function pairwiseComparator(options: FirstOptions): Comparator {
  const { model } = options;
  const { template, provenance } = promptOf(options, 'rerank/pairwise');
  const { ask, cost } = bestLabel({ ...options, name: 'pairwise', template });
  return {
    name: 'pairwise',
    absolute: false,
    maxGroup: 2,
    provenance,
    async compare(query, passages, call = {}) {
      const trivial = trivialOrder(passages.length);
      if (trivial) return { ...trivial, usage: noUsage, warnings: [] };
      const [first, second] = passages as [Passage, Passage];
      const ahead = leaning(await ask(query, [first, second], call), first);
      const behind = await afterTaking(ahead.usage, async () =>
        leaning(await ask(query, [second, first], call), second),
      );
      return verdict(ahead, behind, { query, modelId: model.id });
    },
    cost(query, passages) {
      if (passages.length < 2) return noCost;
      return addCosts([cost(query, passages), cost(query, [...passages].reverse())]);
    },
    async [Symbol.asyncDispose]() {},
  };
}

function verdict(
  ahead: Leaning,
  behind: Leaning,
  { query, modelId }: { readonly query: Query; readonly modelId: string },
): Comparison {
  // The passage that stood first won both times, or lost both times.
  const inconsistent = ahead.value * behind.value > 0;
  const mean = (ahead.value - behind.value) / 2;
  const wins =
    ahead.written && behind.written ? (inconsistent ? 0.5 : mean > 0 ? 1 : 0) : 1 / (1 + Math.exp(-mean));
  const warnings: Warning[] = [
    ...(ahead.written ? [noLogits(modelId, 'the better label')] : []),
    ...ahead.warnings,
    ...behind.warnings,
  ];
  if (inconsistent) {
    warnings.push({
      code: 'order-inconsistency',
      message: 'A pair was decided by the order in which it was shown',
      id: query.id,
    });
  }
  return {
    order: wins >= 0.5 ? [0, 1] : [1, 0],
    scores: [wins, 1 - wins],
    usage: addUsage(ahead.usage, behind.usage),
    warnings,
  };
}

/** How far one asking leans to the passage that it shows first: log-odds, or ±1 where the answer was written. */
interface Leaning {
  readonly value: number;
  readonly written: boolean;
  readonly usage: Usage;
  readonly warnings: readonly Warning[];
}

function leaning(asked: BestLabel, shownFirst: Passage): Leaning {
  const { usage } = asked.reply;
  if ('best' in asked)
    return { value: asked.best === 0 ? 1 : -1, written: true, usage, warnings: asked.warnings };
  const { score, bound } = logOdds(asked.reply, ['The first label', 'the second'], shownFirst.id);
  const warnings = [...asked.warnings, ...(asked.reply.warnings ?? []), ...bound];
  return { value: score, written: false, usage, warnings };
}

export const pairwiseEntry: ComparatorEntry = {
  form: 'pairwise',
  summary: 'which of two passages is better, asked in both orders (PRP)',
  needs: { model: ['label-logits', 'text'] },
  gives: 'pair',
  create: onModel('pairwise', pairwiseComparator),
};
