import type { Passage } from '../../core/passage.js';
import type { Provenance } from '../../core/provenance.js';
import type { Query } from '../../core/query.js';
import { noUsage } from '../../core/usage.js';
import type { GenerateReply, LanguageModel } from '../../models/language-model.js';
import type { PromptTemplate } from '../../prompts/template.js';
import type { Comparator } from '../comparator.js';
import { noCost } from '../comparison-cost.js';
import { writtenLabels } from '../labels.js';
import { listwisePrompt, trivialOrder } from '../listwise-prompt.js';
import { type ParsedRanking, parseRanking, repairWarnings, UnparsedRankingError } from '../parse-ranking.js';
import { splitThinking } from '../split-thinking.js';
import { anotherTry } from './model-options.js';

export interface WrittenRankingOptions {
  readonly name: string;
  readonly model: LanguageModel;
  readonly template: PromptTemplate;
  readonly provenance: Pick<Provenance, 'promptId' | 'promptHash' | 'modelId'>;
  /** Tokens for what the model writes before the ranking; without it, thinking is not asked for and not kept. */
  readonly thinkingTokens?: number;
}

/** The permutation written out and parsed, with or without thinking before it. */
export function writtenRanking(options: WrittenRankingOptions): Comparator {
  const { name, model, template, provenance, thinkingTokens } = options;
  const prepare = (query: Query, passages: readonly Passage[]) => {
    const labels = writtenLabels(passages.length);
    const outputTokens = model.countTokens(labels.join(' > ')) + (thinkingTokens ?? 0);
    // Room for a few words around the ranking.
    const maxTokens = outputTokens + 32;
    const fitted = listwisePrompt(model, { query, passages, labels, template, replyTokens: maxTokens });
    return { ...fitted, labels, outputTokens, maxTokens };
  };
  return {
    name,
    absolute: false,
    provenance,
    async compare(query, passages, { signal, attempt } = {}) {
      const trivial = trivialOrder(passages.length);
      if (trivial) return { ...trivial, usage: noUsage, warnings: [] };
      const { messages, labels, maxTokens, warnings } = prepare(query, passages);
      const reply = await model.generate({ messages, maxTokens, ...anotherTry(attempt) }, { signal });
      const { thinking, answer } =
        thinkingTokens === undefined ? { answer: reply.text } : splitThinking(reply.text);
      const parsed = parse(reply, answer, labels);
      return {
        order: parsed.order,
        thinking: thinking ?? reply.thinking,
        usage: reply.usage,
        warnings: [...warnings, ...(reply.warnings ?? []), ...repairWarnings(parsed, query.id)],
      };
    },
    cost(query, passages) {
      if (passages.length < 2) return noCost;
      const { promptTokens, outputTokens, maxTokens } = prepare(query, passages);
      // How long it thinks is not known before: all that it may write.
      if (thinkingTokens !== undefined)
        return { calls: 1, promptTokens, outputTokens: maxTokens, atMost: true };
      return { calls: 1, promptTokens, outputTokens };
    },
    async [Symbol.asyncDispose]() {},
  };
}

/** @throws UnparsedRankingError with what the call cost */
function parse(reply: GenerateReply, answer: string, labels: readonly string[]): ParsedRanking {
  const { text, finish, usage } = reply;
  if (finish === 'refused') throw new UnparsedRankingError('The model refused to rank', text, { usage });
  if (answer === '' && finish === 'length')
    throw new UnparsedRankingError('The reply ended before the thinking did', text, { usage });
  try {
    return parseRanking(answer, labels);
  } catch (error) {
    if (!(error instanceof UnparsedRankingError)) throw error;
    throw new UnparsedRankingError(error.message, text, { usage });
  }
}
