import { z } from 'zod';
import type { Passage } from '../../core/passage.js';
import type { Query } from '../../core/query.js';
import { orderByScore } from '../../core/vectors.js';
import type { Warning } from '../../core/warning.js';
import type { JsonSchema } from '../../models/language-model.js';
import type { Comparator } from '../comparator.js';
import { writtenLabels } from '../labels.js';
import { listwisePrompt } from '../listwise-prompt.js';
import { UnparsedRankingError } from '../parse-ranking.js';
import { withoutFrame } from '../ranking-forms.js';
import { type ComparatorEntry, onModel } from './entry.js';
import { anotherTry, type ModelComparatorOptions, promptOf } from './model-options.js';
import { meetNeed } from './needs.js';

const needs = ['schema', 'text'] as const;
const highest = 10;

/**
 * A group's passages scored jointly: one JSON reply with a whole number from 0 to 10 for each label, held to a schema where
 * the model can, else asked for in words, with a warning. Scores tie often, and ties keep the order shown.
 * @throws RankforgeError from `compare`: `context-overflow`; `unparsed-ranking` where a score is missing or out of range
 * @see Sun et al. 2025 (GroupRank), arXiv:2511.11653
 */
export function groupwiseComparator(options: ModelComparatorOptions): Comparator {
  const { model } = options;
  const { template, provenance } = promptOf(options, 'rerank/groupwise');
  const held = meetNeed(model, 'groupwise', needs) === 'schema';
  const prepare = (query: Query, passages: readonly Passage[]) => {
    const labels = writtenLabels(passages.length);
    const names = labels.map((label) => label.slice(1, -1));
    // All single digits: what a reply takes, to a token or two.
    const example = JSON.stringify(Object.fromEntries(names.map((name) => [name, 0])));
    const outputTokens = model.countTokens(example);
    // Twice as much, since a model may write each score on a line of its own.
    const maxTokens = 2 * outputTokens + 32;
    const fitted = listwisePrompt(model, { query, passages, labels, template, replyTokens: maxTokens });
    return { ...fitted, names, outputTokens, maxTokens };
  };
  return {
    name: 'groupwise',
    absolute: false,
    provenance,
    async compare(query, passages, { signal, attempt } = {}) {
      const { messages, names, maxTokens, warnings } = prepare(query, passages);
      const schema = held ? scoresSchema(names) : undefined;
      const reply = await model.generate({ messages, maxTokens, schema, ...anotherTry(attempt) }, { signal });
      const { text, usage, finish } = reply;
      const scores = finish === 'refused' ? undefined : parseScores(text, names);
      if (!scores) {
        const message = `The reply is no ${names.length} scores from 0 to ${highest}`;
        throw new UnparsedRankingError(message, text, { usage });
      }
      const unheld = held ? [] : [noSchema(model.id)];
      return {
        order: orderByScore(scores),
        scores,
        usage,
        warnings: [...unheld, ...warnings, ...(reply.warnings ?? [])],
      };
    },
    cost(query, passages) {
      const { promptTokens, outputTokens } = prepare(query, passages);
      return { calls: 1, promptTokens, outputTokens };
    },
    async [Symbol.asyncDispose]() {},
  };
}

const scoresSchema = (names: readonly string[]): JsonSchema => ({
  type: 'object',
  properties: Object.fromEntries(
    names.map((name) => [name, { type: 'integer', minimum: 0, maximum: highest }]),
  ),
  required: names,
  additionalProperties: false,
});

const Scores = z.record(z.string(), z.number().int().min(0).max(highest));

/** One score a name, and of no other name; undefined where the reply is not that. */
function parseScores(reply: string, names: readonly string[]): number[] | undefined {
  const text = withoutFrame(reply);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  // JSON takes a repeated key without a word, and its last value.
  const written = text.match(/"[^"]*"\s*:/g)?.length;
  const parsed = Scores.safeParse(value);
  if (!parsed.success || written !== names.length) return undefined;
  const byName = new Map(
    Object.entries(parsed.data).map(([name, score]) => [name.replace(/^\[|\]$/g, ''), score]),
  );
  const scores = names.map((name) => byName.get(name));
  return scores.includes(undefined) ? undefined : (scores as number[]);
}

const noSchema = (id: string): Warning => ({
  code: 'fallback-generate',
  message: `${id} holds no reply to a schema: the scores were asked for in words`,
  id,
});

export const groupwiseEntry: ComparatorEntry = {
  form: 'groupwise',
  summary: 'the passages of a group scored jointly, 0 to 10, in one JSON reply (GroupRank)',
  needs: { model: needs },
  gives: 'scores',
  create: onModel('groupwise', groupwiseComparator),
};
