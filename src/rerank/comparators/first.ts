import { RankforgeError } from '../../core/errors.js';
import type { Passage } from '../../core/passage.js';
import type { Query } from '../../core/query.js';
import { noUsage } from '../../core/usage.js';
import type { Warning } from '../../core/warning.js';
import type { LanguageModel, NextTokenReply } from '../../models/language-model.js';
import type { Comparator, Comparison } from '../comparator.js';
import { chooseLabels, type LabelSet, type LabelStyle, labelReplies } from '../labels.js';
import { listwisePrompt, trivialOrder } from '../listwise-prompt.js';
import { generateComparator } from './generate.js';
import { type ModelComparatorOptions, promptOf } from './model-options.js';

export interface FirstOptions extends ModelComparatorOptions {
  /** @default the first style that the model's tokenizer tells apart */
  readonly labelStyle?: LabelStyle;
}

/**
 * One forward pass a group: the passages' labels ordered by their log-probability as the reply's first label. A model
 * that shows only its top tokens leaves labels unseen: they follow in input order, with a warning; one that shows none
 * is asked to write the ranking instead, with a warning.
 * @throws RankforgeError from `compare`: `ambiguous-labels` where no label style has a token a label
 * @see Reddy et al. 2024 (FIRST), arXiv:2406.15657
 */
export function firstComparator(options: FirstOptions): Comparator {
  const { model, labelStyle } = options;
  const fallback = model.capabilities.nextToken === 'none' ? generateComparator(options) : undefined;
  const { template, provenance } = promptOf(options, 'rerank/listwise');
  const byCount = new Map<number, LabelSet>();
  const labelsFor = (count: number): LabelSet => {
    const labels = byCount.get(count) ?? chooseLabels(count, model, labelStyle);
    if (!labels) {
      throw new RankforgeError(
        'ambiguous-labels',
        `${model.id} has no token a label for ${count} passages${labelStyle ? ` in the style ${labelStyle}` : ''}`,
        {
          where: model.id,
          hint: labelStyle
            ? 'Leave the label style out, or use smaller windows.'
            : 'Use smaller windows, or the comparator "generate".',
        },
      );
    }
    byCount.set(count, labels);
    return labels;
  };
  const prepare = (query: Query, passages: readonly Passage[]) => {
    const { labels } = labelsFor(passages.length);
    const replies = labelReplies(labels);
    return {
      replies,
      ...listwisePrompt(model, {
        query,
        passages,
        labels,
        template,
        replyTokens: replyRoom(model.countTokens(replies[0]!)),
      }),
    };
  };
  return {
    name: 'first',
    absolute: false,
    provenance,
    async compare(query, passages, { signal, attempt } = {}) {
      const trivial = trivialOrder(passages.length);
      if (trivial) return { ...trivial, usage: noUsage, warnings: [] };
      if (fallback) {
        const written = await fallback.compare(query, passages, { signal, attempt });
        return { ...written, warnings: [noLogits(model.id), ...written.warnings] };
      }
      const { messages, replies, warnings } = prepare(query, passages);
      const reply = await model.nextToken({ messages, replies }, { signal });
      return readReply(reply, query, warnings);
    },
    cost(query, passages) {
      if (passages.length < 2) return { calls: 0, promptTokens: 0, outputTokens: 0 };
      if (fallback) return fallback.cost(query, passages);
      const { promptTokens, replies } = prepare(query, passages);
      return {
        calls: 1,
        promptTokens: promptTokens + sharedTokens(replies, model),
        outputTokens: 0,
      };
    },
    async [Symbol.asyncDispose]() {},
  };
}

function readReply(reply: NextTokenReply, query: Query, given: readonly Warning[]): Comparison {
  const seen = reply.logProbabilities;
  const unseen = seen.filter((value) => value === null).length;
  if (unseen === seen.length) {
    throw new RankforgeError('bad-reply', 'The model showed the log-probability of no label', {
      where: query.id,
      hint: 'Use a server that shows more of its top log-probabilities, or the comparator "generate".',
    });
  }
  const scores = seen.map((value) => value ?? Number.NEGATIVE_INFINITY);
  // Infinity minus itself is no number, so unseen labels are compared apart.
  const order = scores
    .map((_, index) => index)
    .sort((a, b) => (scores[a] === scores[b] ? a - b : scores[b]! > scores[a]! ? 1 : -1));
  const warnings = [...given, ...(reply.warnings ?? [])];
  if (unseen > 0) {
    warnings.push({
      code: 'unseen-labels',
      message: `${unseen} of ${seen.length} labels were not among the model's top tokens and keep their order below the others; those seen hold a probability of ${reply.mass.toPrecision(3)}`,
      id: query.id,
    });
    return { order, usage: reply.usage, warnings };
  }
  return { order, scores, usage: reply.usage, warnings };
}

const noLogits = (id: string): Warning => ({
  code: 'fallback-generate',
  message: `${id} shows no log-probabilities: the ranking was written out instead`,
  id,
});

// The shared beginning of the replies is prefilled, and one label token is read.
const replyRoom = (replyTokens: number): number => replyTokens + 1;

/** Tokens that all replies begin with: they are prefilled, and so are prompt tokens. */
function sharedTokens(replies: readonly string[], model: Pick<LanguageModel, 'countTokens'>): number {
  const first = replies[0]!;
  let length = first.length;
  for (const reply of replies) {
    let same = 0;
    while (same < length && reply[same] === first[same]) same++;
    length = same;
  }
  // The labels differ from here on, or from the token that reaches over it: `[A` is one token, so `[` is none of its own.
  const shared = first.slice(0, length);
  const whole = model.countTokens(first);
  return shared !== '' && model.countTokens(shared) + model.countTokens(first.slice(length)) === whole
    ? model.countTokens(shared)
    : 0;
}
