import { type Passage, passageText } from '../../core/passage.js';
import type { Query } from '../../core/query.js';
import { renderPrompt } from '../../prompts/template.js';
import { asBlock, asLine } from '../../prompts/untrusted-text.js';
import { afterTaking } from '../after-taking.js';
import type { Comparator } from '../comparator.js';
import { fitPassages } from '../fit-passages.js';
import { type ComparatorEntry, onModel } from './entry.js';
import { type ModelComparatorOptions, promptOf } from './model-options.js';
import { meetNeed } from './needs.js';
import { type Scored, taken, together } from './pointwise.js';

const needs = ['likelihood'] as const;

/**
 * Each passage alone: the mean natural-log probability of the query's tokens as the reply to "write the search query
 * that this passage answers". The strongest zero-shot comparator found for small models: a 135M model that cannot
 * follow instructions reorders BM25's top 20 well with it. Beware: a model flatters queries that it wrote itself.
 * A model is asked one passage at a time, and one that keeps its state evaluates what follows the shared beginning only: the
 * frame, and more where passages begin alike, which are therefore asked one after the other.
 * @throws RankforgeError `unsupported` where the model shows no likelihood of a given reply
 * @see Sachan et al. 2022 (UPR), arXiv:2204.07496
 */
export function likelihoodComparator(options: ModelComparatorOptions): Comparator {
  const { model } = options;
  meetNeed(model, 'likelihood', needs);
  const { template, provenance } = promptOf(options, 'rerank/query-likelihood');
  const prepare = (query: Query, passage: Passage) => {
    const continuation = asLine(query.text);
    const queryTokens = model.countTokens(continuation);
    const fitted = fitPassages(model, {
      render: ([text]) =>
        renderPrompt(template, { instruction: asLine(query.instruction ?? ''), passage: text }),
      texts: [asBlock(passageText(passage))],
      ids: [passage.id],
      replyTokens: queryTokens,
    });
    return { ...fitted, continuation, queryTokens };
  };
  return {
    name: 'likelihood',
    absolute: true,
    provenance,
    async compare(query, passages, { signal } = {}) {
      const scored: Scored[] = [];
      // By text: passages that begin alike follow each other, and the model reuses what they share.
      const byText = passages
        .map((passage, index) => ({ passage, index, text: passageText(passage) }))
        .sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : a.index - b.index));
      for (const { passage, index } of byText) {
        const { messages, continuation, warnings } = prepare(query, passage);
        const reply = await afterTaking(taken(scored.filter(Boolean)), () =>
          model.likelihood({ messages, continuation }, { signal }),
        );
        const score = reply.tokens === 0 ? 0 : reply.logProbability / reply.tokens;
        scored[index] = { score, usage: reply.usage, warnings };
      }
      return together(scored);
    },
    cost(query, passages) {
      let promptTokens = 0;
      for (const passage of passages) {
        const prepared = prepare(query, passage);
        promptTokens += prepared.promptTokens + prepared.queryTokens;
      }
      return { calls: passages.length, promptTokens, outputTokens: 0 };
    },
    async [Symbol.asyncDispose]() {},
  };
}

export const likelihoodEntry: ComparatorEntry = {
  form: 'likelihood',
  summary: 'each passage alone: how probable the query is as its question (UPR)',
  needs: { model: needs },
  gives: 'absolute-scores',
  create: onModel('likelihood', likelihoodComparator),
};
