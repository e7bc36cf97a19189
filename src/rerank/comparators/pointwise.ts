import { RankforgeError } from '../../core/errors.js';
import { type Passage, passageText } from '../../core/passage.js';
import type { Query } from '../../core/query.js';
import { addUsage, type Usage } from '../../core/usage.js';
import { orderByScore } from '../../core/vectors.js';
import type { Warning } from '../../core/warning.js';
import type { GenerateReply } from '../../models/language-model.js';
import { renderPrompt } from '../../prompts/template.js';
import { asBlock, asLine } from '../../prompts/untrusted-text.js';
import { afterTaking } from '../after-taking.js';
import type { Comparator, CompareOptions } from '../comparator.js';
import { fitPassages } from '../fit-passages.js';
import { type AnswerScaleName, answerScales } from './answer-scale.js';
import { type ComparatorEntry, needed, notSo } from './entry.js';
import { noLogits } from './label-question.js';
import { anotherTry, type ModelComparatorOptions, promptOf } from './model-options.js';
import { meetNeed } from './needs.js';

export interface PointwiseOptions extends ModelComparatorOptions {
  /** `yes-no` scores by ln P(Yes) − ln P(No), `graded` by the expected grade, 0 to 3. @default 'yes-no' */
  readonly scale?: AnswerScaleName;
}

const needs = ['label-logits', 'text'] as const;
const replyTokens = 4;

/**
 * Each passage alone: whether it answers the query, or how well. An answer that a model with only its top tokens does not
 * show is a bound (yes or no) or counts for nothing (grades), with a warning; where the model shows none, the answer is
 * written, with a warning: 1 for Yes, −1 for No, or the grade.
 * @throws RankforgeError `ambiguous-labels` where the tokenizer does not tell the answers apart; from `compare`
 * `bad-reply` where no answer is seen or written
 * @see Nogueira et al. 2020, arXiv:2003.06713; Liang et al. 2022, arXiv:2211.09110; Zhuang et al. 2024, arXiv:2310.14122 (grades)
 */
export function pointwiseComparator({ scale: name = 'yes-no', ...options }: PointwiseOptions): Comparator {
  const { model } = options;
  const scale = answerScales[name];
  const { template, provenance } = promptOf(options, scale.prompt);
  const written = meetNeed(model, 'pointwise', needs) === 'text';
  if (!written && !model.tellsApart(scale.answers)) {
    throw new RankforgeError(
      'ambiguous-labels',
      `${model.id} has no token each for ${scale.answers.join(', ')}`,
      {
        where: model.id,
        hint: 'Use the comparator "likelihood" or "generate".',
      },
    );
  }
  const prepare = (query: Query, passage: Passage) =>
    fitPassages(model, {
      render: ([text]) =>
        renderPrompt(template, {
          query: asLine(query.text),
          instruction: asLine(query.instruction ?? ''),
          passage: text,
        }),
      texts: [asBlock(passageText(passage))],
      ids: [passage.id],
      replyTokens,
    });
  const ask = async (
    query: Query,
    passage: Passage,
    { attempt, signal }: CompareOptions,
  ): Promise<Scored> => {
    const { messages, warnings } = prepare(query, passage);
    if (written) {
      const request = { messages, maxTokens: replyTokens, ...anotherTry(attempt) };
      const reply = await model.generate(request, { signal });
      const score = scale.read(reply.text);
      if (score === undefined) throw noAnswer(reply, scale.answers, passage);
      return {
        score,
        usage: reply.usage,
        warnings: [...warnings, noLogits(model.id, scale.answers.join(' or '))],
      };
    }
    const reply = await model.nextToken({ messages, replies: scale.answers }, { signal });
    const { score, bound } = scale.score(reply, passage.id);
    return { score, usage: reply.usage, warnings: [...warnings, ...(reply.warnings ?? []), ...bound] };
  };
  return {
    name: name === 'yes-no' ? 'pointwise' : `pointwise:${name}`,
    absolute: true,
    provenance,
    async compare(query, passages, options = {}) {
      const scored: Scored[] = [];
      for (const passage of passages)
        scored.push(await afterTaking(taken(scored), () => ask(query, passage, options)));
      return together(scored);
    },
    cost: (query, passages) => ({
      calls: passages.length,
      promptTokens: passages.reduce((sum, passage) => sum + prepare(query, passage).promptTokens, 0),
      outputTokens: written ? passages.length : 0,
    }),
    async [Symbol.asyncDispose]() {},
  };
}

/** A passage's score, and what it took. */
export interface Scored {
  readonly score: number;
  readonly usage: Usage;
  readonly warnings: readonly Warning[];
}

export const taken = (scored: readonly Scored[]): Usage => addUsage(...scored.map(({ usage }) => usage));

/** Scores of a group's passages as its comparison; ties keep the order shown. */
export function together(scored: readonly Scored[]) {
  const scores = scored.map(({ score }) => score);
  return {
    order: orderByScore(scores),
    scores,
    usage: taken(scored),
    warnings: scored.flatMap(({ warnings }) => warnings),
  };
}

const noAnswer = (
  { text, usage }: GenerateReply,
  answers: readonly string[],
  { id }: Passage,
): RankforgeError =>
  new RankforgeError(
    'bad-reply',
    `The reply is none of ${answers.join(', ')}: ${JSON.stringify(text.slice(0, 80))}`,
    {
      where: id,
      hint: 'Use a model that follows instructions, or one that shows log-probabilities.',
      retryable: true,
      usage,
    },
  );

export const pointwiseEntry: ComparatorEntry = {
  form: 'pointwise[:graded]',
  summary: 'each passage alone: the log-odds of Yes, or the expected grade from 0 to 3',
  needs: { model: needs },
  gives: 'absolute-scores',
  create: (argument, { model, prompt }) => {
    if (argument !== undefined && argument !== 'graded') throw notSo('pointwise[:graded]', argument);
    return pointwiseComparator({
      model: needed(model, 'a language model', 'model'),
      prompt,
      scale: argument,
    });
  },
};
