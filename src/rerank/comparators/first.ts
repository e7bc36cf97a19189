import { lookUp } from '../../core/names.js';
import { noUsage } from '../../core/usage.js';
import type { Comparator } from '../comparator.js';
import { type LabelStyle, labelReplies, labelStyles } from '../labels.js';
import { trivialOrder } from '../listwise-prompt.js';
import { type ComparatorEntry, needed } from './entry.js';
import { generateComparator } from './generate.js';
import { labelQuestion, noLogits, readLabelOrder } from './label-question.js';
import { type ModelComparatorOptions, promptOf } from './model-options.js';
import { meetNeed } from './needs.js';

export interface FirstOptions extends ModelComparatorOptions {
  /** @default the first style that the model's tokenizer tells apart */
  readonly labelStyle?: LabelStyle;
}

const needs = ['label-logits', 'text'] as const;

/**
 * One forward pass a group: the passages' labels ordered by their log-probability as the reply's first label, each by the
 * more probable of its spellings (`A`, ` A`). A model that shows only its top tokens leaves labels unseen: they follow in
 * input order, with a warning; one that shows none is asked to write the ranking instead, with a warning.
 * @throws RankforgeError from `compare`: `ambiguous-labels` where no label style has a token a label
 * @see Reddy et al. 2024 (FIRST), arXiv:2406.15657
 */
export function firstComparator(options: FirstOptions): Comparator {
  const { model, labelStyle } = options;
  const fallback = meetNeed(model, 'first', needs) === 'text' ? generateComparator(options) : undefined;
  const { template, provenance } = promptOf(options, 'rerank/listwise');
  const prepare = labelQuestion({ model, template, labelStyle, repliesOf: labelReplies });
  return {
    name: 'first',
    absolute: false,
    provenance,
    async compare(query, passages, { signal, attempt } = {}) {
      const trivial = trivialOrder(passages.length);
      if (trivial) return { ...trivial, usage: noUsage, warnings: [] };
      if (fallback) {
        const written = await fallback.compare(query, passages, { signal, attempt });
        return { ...written, warnings: [noLogits(model.id, 'the ranking'), ...written.warnings] };
      }
      const { messages, replies, warnings } = prepare(query, passages);
      const reply = await model.nextToken({ messages, replies, spellings: true }, { signal });
      const read = readLabelOrder(reply, query);
      return { ...read, usage: reply.usage, warnings: [...warnings, ...read.warnings] };
    },
    cost(query, passages) {
      if (passages.length < 2) return { calls: 0, promptTokens: 0, outputTokens: 0 };
      if (fallback) return fallback.cost(query, passages);
      return { calls: 1, promptTokens: prepare(query, passages).promptTokens, outputTokens: 0 };
    },
    async [Symbol.asyncDispose]() {},
  };
}

export const firstEntry: ComparatorEntry = {
  form: 'first[:LABELS]',
  summary: 'one forward pass a group: labels ordered by their log-probability (FIRST)',
  needs: { model: needs },
  gives: 'scores',
  create: (style, { model, prompt }) => {
    if (style !== undefined) lookUp(labelStyles, style, 'label style');
    return firstComparator({
      model: needed(model, 'a language model', 'model'),
      prompt,
      labelStyle: style as LabelStyle | undefined,
    });
  },
};
