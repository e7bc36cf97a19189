import { RankforgeError } from '../../core/errors.js';
import { type Passage, passageText } from '../../core/passage.js';
import type { Query } from '../../core/query.js';
import { addUsage, noUsage, type Usage } from '../../core/usage.js';
import { orderByScore } from '../../core/vectors.js';
import type { Warning } from '../../core/warning.js';
import type { NextTokenReply } from '../../models/language-model.js';
import { renderPrompt } from '../../prompts/template.js';
import type { Comparator, CompareOptions } from '../comparator.js';
import { fitPassages } from '../fit-passages.js';
import { asBlock, asLine } from '../passage-data.js';
import { type ModelComparatorOptions, promptOf } from './model-options.js';

const answers = ['Yes', 'No'] as const;

/**
 * Each passage alone: score = ln P(Yes) − ln P(No) as the reply to whether it answers the query. Where the model shows
 * only its top tokens, an unseen answer counts with all the probability that was not shown (a bound, and a warning);
 * where it shows none, the answer is written: 1 for Yes, −1 for No, with a warning.
 * @throws RankforgeError `ambiguous-labels` where the tokenizer does not tell the answers apart; from `compare`
 * `bad-reply` where neither answer is seen or written
 * @see Nogueira et al. 2020, arXiv:2003.06713; Liang et al. 2022, arXiv:2211.09110
 */
export function pointwiseComparator(options: ModelComparatorOptions): Comparator {
  const { model } = options;
  const { template, provenance } = promptOf(options, 'rerank/yes-no');
  const written = model.capabilities.nextToken === 'none';
  if (!written && !model.tellsApart(answers)) {
    throw new RankforgeError('ambiguous-labels', `${model.id} has no token each for Yes and No`, {
      where: model.id,
      hint: 'Use the comparator "likelihood" or "generate".',
    });
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
    { attempt = 0, ...call }: CompareOptions,
  ): Promise<Scored> => {
    const { messages, warnings } = prepare(query, passage);
    if (written) {
      const again = attempt === 0 ? {} : { sample: attempt, seed: attempt, temperature: 0.5 };
      const reply = await model.generate({ messages, maxTokens: replyTokens, ...again }, call);
      return {
        score: readAnswer(reply.text, passage),
        usage: reply.usage,
        warnings: [...warnings, noLogits(model.id)],
      };
    }
    const reply = await model.nextToken({ messages, replies: answers }, call);
    const { score, bound } = logOdds(reply, passage);
    return { score, usage: reply.usage, warnings: [...warnings, ...(reply.warnings ?? []), ...bound] };
  };
  return {
    name: 'pointwise',
    absolute: true,
    provenance,
    async compare(query, passages, options = {}) {
      const scored: Scored[] = [];
      for (const passage of passages) scored.push(await ask(query, passage, options));
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

const replyTokens = 4;

/** A passage's score, and what it took. */
export interface Scored {
  readonly score: number;
  readonly usage: Usage;
  readonly warnings: readonly Warning[];
}

/** Scores of a group's passages as its comparison; ties keep the order shown. */
export function together(scored: readonly Scored[]) {
  const scores = scored.map(({ score }) => score);
  return {
    order: orderByScore(scores),
    scores,
    usage: addUsage(noUsage, ...scored.map(({ usage }) => usage)),
    warnings: scored.flatMap(({ warnings }) => warnings),
  };
}

function logOdds(
  { logProbabilities, mass }: NextTokenReply,
  passage: Passage,
): { score: number; bound: Warning[] } {
  const [yes, no] = logProbabilities;
  if (yes == null && no == null) {
    throw new RankforgeError('bad-reply', 'The model showed neither Yes nor No among its top tokens', {
      where: passage.id,
      hint: 'Use a server that shows more of its top log-probabilities, or the comparator "generate".',
    });
  }
  if (yes != null && no != null) return { score: yes - no, bound: [] };
  const rest = Math.log(Math.max(1 - mass, 1e-6));
  return {
    score: (yes ?? rest) - (no ?? rest),
    bound: [
      {
        code: 'unseen-labels',
        message: `${yes == null ? 'Yes' : 'No'} was not among the model's top tokens and counts with all the probability not shown, ${(1 - mass).toPrecision(3)}`,
        id: passage.id,
      },
    ],
  };
}

function readAnswer(text: string, passage: Passage): number {
  const answer = /^\W*(yes|no)\b/i.exec(text)?.[1]?.toLowerCase();
  if (answer) return answer === 'yes' ? 1 : -1;
  throw new RankforgeError(
    'bad-reply',
    `The reply is neither Yes nor No: ${JSON.stringify(text.slice(0, 80))}`,
    {
      where: passage.id,
      hint: 'Use a model that follows instructions, or one that shows log-probabilities.',
      retryable: true,
    },
  );
}

const noLogits = (id: string): Warning => ({
  code: 'fallback-generate',
  message: `${id} shows no log-probabilities: Yes or No was written out instead`,
  id,
});
