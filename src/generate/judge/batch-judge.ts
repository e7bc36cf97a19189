import { normalise } from '../../core/normalise.js';
import type { CallOptions, LanguageModel } from '../../models/language-model.js';
import { loadPrompt, type PromptTemplate, renderPrompt } from '../../prompts/template.js';
import { recordFault } from '../call-faults.js';
import { balancedOrders, rotatedOrders } from './balanced-orders.js';
import type { Verdict } from './judge.js';
import { askedOf, shownOf } from './judge-data.js';
import type { ListJudge } from './list-judge.js';
import { type ReadGrade, readGrade, withoutThinking } from './parse-grade.js';
import { settleAll } from './settle-all.js';
import { type AggregateOptions, aggregateVotes } from './votes.js';

export interface BatchJudgeOptions {
  readonly model: LanguageModel;
  /**
   * In which orders each batch is shown. `balanced`: each passage at each position and behind each other one equally often;
   * `rotations`: at each position equally often; `one`: as given, for study only. @default 'balanced'
   */
  readonly orders?: 'balanced' | 'rotations' | 'one';
  /** How the orders' grades become one. @default the mean */
  readonly aggregate?: Omit<AggregateOptions, 'weights'>;
  readonly prompt?: PromptTemplate;
  /** Characters of a passage that are shown. @default 1600 */
  readonly maxCharacters?: number;
}

// A line that is not there, where another one can be read.
const missing = { stop: 'unparsed', length: 'cut-off', refused: 'refused' } as const;

/** Passages a batch, at most: more are one error of the caller's. */
const mostAtOnce = 20;

/**
 * A judge that sees several passages of a query at once, in each of a set of balanced orders, so that what a position is
 * given falls on all alike. Its votes are the grades by order; one that is missing in an order does not vote there.
 * @throws RangeError from the judge for more than 20 passages at once
 */
export function createBatchJudge(options: BatchJudgeOptions): ListJudge {
  const { model, orders = 'balanced', maxCharacters, aggregate } = options;
  const prompt = options.prompt ?? loadPrompt('generate/judge-batch');
  return async (query, passages, callOptions = {}) => {
    const n = passages.length;
    if (n > mostAtOnce) throw new RangeError(`${n} passages at once, and ${mostAtOnce} are the most`);
    const rows =
      orders === 'one'
        ? [[...passages.keys()]]
        : orders === 'balanced'
          ? balancedOrders(n)
          : rotatedOrders(n);
    const shown = passages.map((passage) => shownOf(passage, maxCharacters));
    const replies = await settleAll(
      rows.map((row) =>
        askInOrder(
          askedOf(query),
          row.map((index) => shown[index]!),
          callOptions,
        ),
      ),
    );
    return passages.map((_, index) => {
      const votes = replies.map(({ grades }, order) => {
        const { grade, reason } = grades[rows[order]!.indexOf(index)]!;
        return {
          judge: `order ${rows[order]!.map((i) => i + 1).join(' ')}`,
          grade,
          score: grade === undefined ? undefined : grade / 3,
          reason,
        };
      });
      const result = aggregateVotes(votes, aggregate);
      const reason =
        result.grade === undefined ? (votes.find((vote) => vote.reason)?.reason ?? result.reason) : undefined;
      const ledgerKeys = replies.flatMap(({ key }) => (key ? [key] : []));
      return { ...result, reason, votes, ledgerKeys } satisfies Verdict;
    });
  };

  async function askInOrder(
    query: string,
    texts: readonly string[],
    callOptions: CallOptions,
  ): Promise<BatchReply> {
    const values = {
      query,
      count: texts.length,
      passages: texts.map((text, i) => ({ number: i + 1, text })),
    };
    try {
      const messages = renderPrompt(prompt, values);
      const maxTokens = 16 + 24 * texts.length;
      const reply = await model.generate({ messages, maxTokens, temperature: 0 }, callOptions);
      return { grades: readBatch(reply, texts.length), key: reply.key };
    } catch (error) {
      const reason = recordFault(error);
      return { grades: texts.map(() => ({ reason })) };
    }
  }
}

interface BatchReply {
  readonly grades: readonly BatchGrade[];
  readonly key?: string;
}

type BatchGrade = ReadGrade | { readonly grade?: undefined; readonly reason: string };

/**
 * The grades of a reply with a line `[1] ##final score: N` for each passage, by position. A passage without a line, or
 * with two lines that differ, is unknown.
 */
export function readBatch(
  { text, finish }: { readonly text: string; readonly finish: 'stop' | 'length' | 'refused' },
  count: number,
): BatchGrade[] {
  const answer = withoutThinking(normalise(text));
  const lines = answer.split('\n');
  const unfinished = finish === 'length' && !text.endsWith('\n');
  return Array.from({ length: count }, (_, index) => {
    const label = new RegExp(
      `^[\\s>*_\`-]{0,8}(?:passage\\s*)?\\[${index + 1}\\][\\s*_\`:.)–—-]{0,8}(?=\\S)`,
      'i',
    );
    const own = lines.flatMap((line, at) => {
      const match = label.exec(line);
      return match ? [{ rest: line.slice(match[0].length), last: at === lines.length - 1 }] : [];
    });
    const read = own.map(({ rest, last }) =>
      readGrade({ text: rest, finish: last && unfinished ? 'length' : 'stop' }),
    );
    const given = new Set(read.map(({ grade }) => grade));
    if (given.size > 1) return { reason: 'two-scores' };
    return read[0] ?? { reason: readGrade({ text: answer, finish }).reason ?? missing[finish] };
  });
}
