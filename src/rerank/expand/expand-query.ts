import { isAbort, RankforgeError } from '../../core/errors.js';
import { type Passage, passageText } from '../../core/passage.js';
import type { Query } from '../../core/query.js';
import { addUsage, noUsage, type Usage } from '../../core/usage.js';
import type { Warning } from '../../core/warning.js';
import type { CallOptions, LanguageModel } from '../../models/language-model.js';
import { loadPrompt, renderPrompt } from '../../prompts/template.js';
import { asBlock, asLine } from '../../prompts/untrusted-text.js';
import { fitPassages } from '../fit-passages.js';
import { parseTerms } from './parse-terms.js';

/** Instructions that `prompts/rewrite/keywords.md` has. */
export const keywordInstructions = 10;

const replyTokens = { keywords: 80, passage: 160 };

export interface ExpandRequest {
  readonly query: Query;
  /** What a first search found, best first, for the model to read. @default none */
  readonly passages?: readonly Passage[];
}

/** What a model would add to a query: texts, one an answer. */
export interface Expansions {
  /** Never empty texts. Fewer than were asked for where an answer held nothing. */
  readonly texts: readonly string[];
  readonly usage: Usage;
  readonly warnings: readonly Warning[];
}

/**
 * Keywords for a query, by the first `instructions` of ten ways to ask for them: one call and one text each.
 * An answer without terms, or a call that failed, is a warning.
 * @throws RankforgeError `usage` for instructions that there are not; the model's error where every call failed, and
 * any abort or exhausted budget
 * @see Dhole et al. 2024 (GenQREnsemble), arXiv:2404.03746
 */
export async function writeKeywords(
  model: LanguageModel,
  request: ExpandRequest,
  { instructions = keywordInstructions, signal }: CallOptions & { readonly instructions?: number } = {},
): Promise<Expansions> {
  if (!(Number.isInteger(instructions) && instructions >= 1 && instructions <= keywordInstructions)) {
    throw new RankforgeError('usage', `There are no ${instructions} instructions for keywords`, {
      hint: `Give a whole number from 1 to ${keywordInstructions}.`,
    });
  }
  const answers = await Promise.allSettled(
    Array.from({ length: instructions }, (_, index) =>
      ask(model, 'keywords', request, { number: index + 1 }, { signal }),
    ),
  );
  signal?.throwIfAborted();
  const failed = answers.flatMap((answer) => (answer.status === 'rejected' ? [answer.reason] : []));
  const fatal = failed.find(
    (error) => !(error instanceof RankforgeError) || isAbort(error) || error.code === 'budget-exhausted',
  );
  if (fatal !== undefined) throw fatal;
  if (failed.length === answers.length) throw failed[0];
  const answered = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
  const texts = answered.map(({ text }) => parseTerms(text).join(' ')).filter((text) => text !== '');
  return {
    texts,
    usage: addUsage(noUsage, ...answered.map(({ usage }) => usage)),
    warnings: [
      ...answered.flatMap(({ warnings }) => warnings),
      ...(texts.length < instructions
        ? [notExpanded(request.query, instructions - texts.length, instructions)]
        : []),
    ],
  };
}

/**
 * A passage that would answer the query, as the model imagines it: one call. Its facts may be wrong; its words are
 * those of an answer, which is what a search needs.
 * @throws RankforgeError the model's
 * @see Wang et al. 2023 (query2doc), arXiv:2303.07678; Gao et al. 2023 (HyDE), arXiv:2212.10496
 */
export async function writePassage(
  model: LanguageModel,
  request: ExpandRequest,
  options: CallOptions = {},
): Promise<Expansions> {
  const { text, usage, warnings } = await ask(model, 'passage', request, {}, options);
  const passage = asLine(text);
  return {
    texts: passage === '' ? [] : [passage],
    usage,
    warnings: passage === '' ? [...warnings, notExpanded(request.query, 1, 1)] : warnings,
  };
}

async function ask(
  model: LanguageModel,
  what: keyof typeof replyTokens,
  { query, passages = [] }: ExpandRequest,
  values: Readonly<Record<string, unknown>>,
  { signal }: CallOptions,
): Promise<{ text: string; usage: Usage; warnings: readonly Warning[] }> {
  const template = loadPrompt(`rewrite/${what}`);
  const { messages, warnings } = fitPassages(model, {
    render: (texts) => renderPrompt(template, { ...values, query: asLine(query.text), passages: texts }),
    texts: passages.map((passage) => asBlock(passageText(passage))),
    ids: passages.map(({ id }) => id),
    replyTokens: replyTokens[what],
  });
  const reply = await model.generate({ messages, maxTokens: replyTokens[what] }, { signal });
  return {
    text: reply.finish === 'refused' ? '' : reply.text,
    usage: reply.usage,
    warnings: [...warnings, ...(reply.warnings ?? [])],
  };
}

const notExpanded = ({ id }: Query, missing: number, all: number): Warning => ({
  code: 'query-not-expanded',
  message: `${missing} of ${all} answers added nothing to the query`,
  id,
});
