import { type Passage, passageText } from '../core/passage.js';
import type { Query } from '../core/query.js';
import type { LanguageModel, Message } from '../models/language-model.js';
import { type PromptTemplate, renderPrompt } from '../prompts/template.js';
import { asLine } from '../prompts/untrusted-text.js';
import { type Fitted, fitPassages } from './fit-passages.js';

export interface ListwiseRequest {
  readonly query: Query;
  readonly passages: readonly Passage[];
  /** One a passage. */
  readonly labels: readonly string[];
  readonly template: PromptTemplate;
  readonly replyTokens: number;
}

/**
 * What a ranking looks like, with words in the labels' place: a model that was not tuned for ranking begins its own with
 * whatever label the example begins with.
 */
export const exampleRanking = (labels: readonly string[]): string =>
  `${['best', 'second best'].map((word) => labels[0]!.replace(/[\p{L}\p{N}]+/u, word)).join(' > ')} > …`;

/** The messages that ask for a ranking, passages cut where they do not fit. @throws RankforgeError `context-overflow` */
export function listwisePrompt(model: LanguageModel, request: ListwiseRequest): Fitted {
  const { query, passages, labels, template, replyTokens } = request;
  const render = (texts: readonly string[]): Message[] =>
    renderPrompt(template, {
      query: asLine(query.text),
      instruction: asLine(query.instruction ?? ''),
      passages: texts.map((text, index) => ({ label: labels[index], text })),
      example: exampleRanking(labels),
    });
  return fitPassages(model, {
    render,
    texts: passages.map((passage) => asLine(passageText(passage))),
    ids: passages.map(({ id }) => id),
    replyTokens,
  });
}

/** The order of nothing, or of one passage, is known without asking. */
export const trivialOrder = (count: number): { readonly order: readonly number[] } | undefined =>
  count < 2 ? { order: Array.from({ length: count }, (_, index) => index) } : undefined;
