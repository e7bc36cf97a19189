import { noUsage } from '../../core/usage.js';
import type { Comparator } from '../comparator.js';
import { trivialOrder } from '../listwise-prompt.js';
import { bestLabel } from './best-label.js';
import { type ComparatorEntry, onModel } from './entry.js';
import type { FirstOptions } from './first.js';
import { noLogits, readLabelOrder } from './label-question.js';
import { promptOf } from './model-options.js';

/**
 * Which passage is best: its label is asked for alone. By log-probabilities, which order the others too; where the
 * model shows none the label is written, with a warning: then the best comes first and the rest keep the order shown.
 * @throws RankforgeError from `compare`: `ambiguous-labels`, `context-overflow`, `unparsed-ranking` where no one label is written
 * @see Zhuang et al. 2024, arXiv:2310.09497
 */
export function setwiseComparator(options: FirstOptions): Comparator {
  const { model } = options;
  const { template, provenance } = promptOf(options, 'rerank/setwise');
  const ask = bestLabel({ ...options, name: 'setwise', template });
  return {
    name: 'setwise',
    absolute: false,
    provenance,
    async compare(query, passages, call = {}) {
      const trivial = trivialOrder(passages.length);
      if (trivial) return { ...trivial, usage: noUsage, warnings: [] };
      const asked = await ask.ask(query, passages, call);
      const { usage } = asked.reply;
      if ('best' in asked) {
        const others = passages.map((_, position) => position).filter((position) => position !== asked.best);
        const warnings = [noLogits(model.id, 'the best label'), ...asked.warnings];
        return { order: [asked.best, ...others], usage, warnings };
      }
      const read = readLabelOrder(asked.reply, query);
      return { ...read, usage, warnings: [...asked.warnings, ...read.warnings] };
    },
    cost: (query, passages) =>
      passages.length < 2 ? { calls: 0, promptTokens: 0, outputTokens: 0 } : ask.cost(query, passages),
    async [Symbol.asyncDispose]() {},
  };
}

export const setwiseEntry: ComparatorEntry = {
  form: 'setwise',
  summary: 'which of a few passages is the best, by the log-probability of its label or written',
  needs: { model: ['label-logits', 'text'] },
  gives: 'best',
  create: onModel('setwise', setwiseComparator),
};
