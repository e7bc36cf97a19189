import type { Passage } from '../../core/passage.js';
import type { Query } from '../../core/query.js';
import type { Warning } from '../../core/warning.js';
import type { GenerateReply, LanguageModel, NextTokenReply } from '../../models/language-model.js';
import type { PromptTemplate } from '../../prompts/template.js';
import type { CompareOptions } from '../comparator.js';
import type { ComparisonCost } from '../comparison-cost.js';
import { type LabelStyle, writtenLabels } from '../labels.js';
import { listwisePrompt } from '../listwise-prompt.js';
import { parseBestLabel, UnparsedRankingError } from '../parse-ranking.js';
import { labelQuestion } from './label-question.js';
import { anotherTry } from './model-options.js';
import { meetNeed } from './needs.js';

export interface BestLabelOptions {
  readonly name: string;
  readonly model: LanguageModel;
  readonly template: PromptTemplate;
  readonly labelStyle?: LabelStyle;
}

/** The labels' log-probabilities, or the position of the one that was written. */
export type BestLabel =
  | { readonly reply: NextTokenReply; readonly warnings: readonly Warning[] }
  | { readonly reply: GenerateReply; readonly warnings: readonly Warning[]; readonly best: number };

export interface BestLabelQuestion {
  /** @throws RankforgeError `unparsed-ranking` where the written reply is no label */
  ask(query: Query, passages: readonly Passage[], options: CompareOptions): Promise<BestLabel>;
  cost(query: Query, passages: readonly Passage[]): ComparisonCost;
}

/** A label is at most a few tokens; a few words around it are read over. */
const writtenRoom = 16;

/** Asks which passage is best: by the labels' log-probabilities where the model shows them, else written. */
export function bestLabel({ name, model, template, labelStyle }: BestLabelOptions): BestLabelQuestion {
  if (meetNeed(model, name, ['label-logits', 'text']) === 'label-logits') {
    const prepare = labelQuestion({ model, template, labelStyle, repliesOf: (labels) => [...labels] });
    return {
      async ask(query, passages, { signal }) {
        const { messages, replies, warnings } = prepare(query, passages);
        return {
          reply: await model.nextToken({ messages, replies, spellings: true }, { signal }),
          warnings,
        };
      },
      cost: (query, passages) => ({
        calls: 1,
        promptTokens: prepare(query, passages).promptTokens,
        outputTokens: 0,
      }),
    };
  }
  const prepare = (query: Query, passages: readonly Passage[]) => {
    const labels = writtenLabels(passages.length);
    return {
      labels,
      ...listwisePrompt(model, { query, passages, labels, template, replyTokens: writtenRoom }),
    };
  };
  return {
    async ask(query, passages, { signal, attempt }) {
      const { messages, labels, warnings } = prepare(query, passages);
      const reply = await model.generate(
        { messages, maxTokens: writtenRoom, ...anotherTry(attempt) },
        { signal },
      );
      const { text, usage, finish } = reply;
      const best = finish === 'refused' ? undefined : parseBestLabel(text, labels);
      if (best === undefined)
        throw new UnparsedRankingError(`The reply is no one label of ${labels.length}`, text, { usage });
      return { reply, warnings: [...warnings, ...(reply.warnings ?? [])], best };
    },
    cost(query, passages) {
      const { promptTokens, labels } = prepare(query, passages);
      return { calls: 1, promptTokens, outputTokens: model.countTokens(labels[0]!) };
    },
  };
}
