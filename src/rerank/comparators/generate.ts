import { noUsage } from '../../core/usage.js';
import type { Comparator } from '../comparator.js';
import { labelStyles } from '../labels.js';
import { listwisePrompt, trivialOrder } from '../listwise-prompt.js';
import { parseRanking, repairWarnings, UnparsedRankingError } from '../parse-ranking.js';
import { type ModelComparatorOptions, promptOf } from './model-options.js';

/**
 * The permutation written out and parsed: RankGPT's way, which any model can be asked for. Letters name up to 26
 * passages, numbers more. A second try samples at temperature 0.5, since a greedy reply would be the same again.
 * @throws RankforgeError from `compare`: `unparsed-ranking`, `context-overflow`, the model's
 * @see Sun et al. 2023, arXiv:2304.09542
 */
export function generateComparator(options: ModelComparatorOptions): Comparator {
  const { model } = options;
  const { template, provenance } = promptOf(options, 'rerank/listwise');
  const prepare = (
    query: Parameters<Comparator['compare']>[0],
    passages: Parameters<Comparator['compare']>[1],
  ) => {
    const labels =
      labelStyles['bracketed-letters'](passages.length) ?? labelStyles['bracketed-numbers'](passages.length)!;
    const outputTokens = model.countTokens(labels.join(' > '));
    // Room for a few words around the ranking.
    const maxTokens = outputTokens + 32;
    return {
      labels,
      outputTokens,
      maxTokens,
      ...listwisePrompt(model, { query, passages, labels, template, replyTokens: maxTokens }),
    };
  };
  return {
    name: 'generate',
    absolute: false,
    provenance,
    async compare(query, passages, { signal, attempt = 0 } = {}) {
      const trivial = trivialOrder(passages.length);
      if (trivial) return { ...trivial, usage: noUsage, warnings: [] };
      const { messages, labels, maxTokens, warnings } = prepare(query, passages);
      const reply = await model.generate(
        {
          messages,
          maxTokens,
          temperature: attempt === 0 ? 0 : 0.5,
          ...(attempt === 0 ? {} : { sample: attempt, seed: attempt }),
        },
        { signal },
      );
      if (reply.finish === 'refused')
        throw new UnparsedRankingError('The model refused to rank', reply.text, { usage: reply.usage });
      try {
        const parsed = parseRanking(reply.text, labels);
        return {
          order: parsed.order,
          usage: reply.usage,
          warnings: [...warnings, ...(reply.warnings ?? []), ...repairWarnings(parsed, query.id)],
        };
      } catch (error) {
        if (error instanceof UnparsedRankingError)
          throw new UnparsedRankingError(error.message, reply.text, { usage: reply.usage });
        throw error;
      }
    },
    cost(query, passages) {
      if (passages.length < 2) return { calls: 0, promptTokens: 0, outputTokens: 0 };
      const { promptTokens, outputTokens } = prepare(query, passages);
      return { calls: 1, promptTokens, outputTokens };
    },
    async [Symbol.asyncDispose]() {},
  };
}
