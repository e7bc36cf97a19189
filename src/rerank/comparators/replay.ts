import { z } from 'zod';
import { RankforgeError } from '../../core/errors.js';
import type { JobOptions } from '../../core/progress.js';
import { noUsage, type Usage } from '../../core/usage.js';
import { readJsonLines } from '../../formats/json-lines.js';
import type { Comparator } from '../comparator.js';
import {
  type ParsedRanking,
  parseDigits,
  parseRanking,
  repairWarnings,
  UnparsedRankingError,
} from '../parse-ranking.js';
import type { ComparatorEntry } from './entry.js';

const RecordedReply = z.object({
  qid: z.union([z.string(), z.number()]).transform(String),
  /** Half-open positions of the window in the list as it was then. */
  start: z.number().int().nonnegative(),
  end: z.number().int().positive(),
  response: z.string(),
});

export type RecordedReply = z.infer<typeof RecordedReply>;

/** Recorded calls, one JSON object a line: `qid`, `start`, `end`, `response`. @throws RankforgeError `missing-file`, `bad-line` */
export async function readRecordedReplies(
  path: string,
  { signal }: JobOptions = {},
): Promise<RecordedReply[]> {
  const records: RecordedReply[] = [];
  for await (const { value } of readJsonLines(path, RecordedReply)) {
    signal?.throwIfAborted();
    records.push(value);
  }
  return records;
}

export interface ReplayOptions {
  /** `digits` takes every number in a reply, as RankLLM's early releases did. @default 'anchored' */
  readonly parser?: 'anchored' | 'digits';
}

/**
 * Recorded replies instead of a model. A query's comparisons take its records in the order they were recorded, so run
 * it with the program that was recorded; a query ranked again starts over.
 * @throws RankforgeError from `compare`: `unknown-id` without records for the query; `bad-reply` where a record is of another window size; `unparsed-ranking`
 */
export function replayComparator(
  records: Iterable<RecordedReply>,
  { parser = 'anchored' }: ReplayOptions = {},
): Comparator {
  const byQuery = new Map<string, RecordedReply[]>();
  for (const record of records) {
    const known = byQuery.get(record.qid);
    if (known) known.push(record);
    else byQuery.set(record.qid, [record]);
  }
  const next = new Map<string, number>();
  return {
    name: 'replay',
    absolute: false,
    async compare(query, passages, { signal } = {}) {
      signal?.throwIfAborted();
      const recorded = byQuery.get(query.id);
      if (!recorded) {
        throw new RankforgeError('unknown-id', `No reply was recorded for query "${query.id}"`, {
          where: query.id,
          hint: 'Replay the queries that were recorded.',
        });
      }
      const index = next.get(query.id) ?? 0;
      next.set(query.id, (index + 1) % recorded.length);
      const { start, end, response } = recorded[index]!;
      if (end - start !== passages.length) {
        throw new RankforgeError(
          'bad-reply',
          `Record ${index + 1} of query "${query.id}" ranks ${end - start} passages, not ${passages.length}`,
          { where: query.id, hint: 'Replay with the program, window, stride and depth that were recorded.' },
        );
      }
      const usage = { ...noUsage, calls: 1, cachedCalls: 1 };
      if (parser === 'digits')
        return { order: parseDigits(response, passages.length).order, usage, warnings: [] };
      const labels = passages.map((_, position) => `[${position + 1}]`);
      const parsed = parseOnce(response, labels, usage);
      return { order: parsed.order, usage, warnings: repairWarnings(parsed, query.id) };
    },
    cost: () => ({ calls: 1, promptTokens: 0, outputTokens: 0 }),
    async [Symbol.asyncDispose]() {},
  };
}

/** A recorded reply stays what it is: another try would take the next window's. */
function parseOnce(response: string, labels: readonly string[], usage: Usage): ParsedRanking {
  try {
    return parseRanking(response, labels);
  } catch (error) {
    if (!(error instanceof UnparsedRankingError)) throw error;
    throw new UnparsedRankingError(error.message, response, { usage, retryable: false });
  }
}

export const replayEntry: ComparatorEntry = {
  form: 'replay:FILE',
  summary: 'recorded replies, read by the parser anchored or digits',
  needs: { input: 'recorded replies' },
  gives: 'order',
  async create(path, { parser }) {
    if (path) return replayComparator(await readRecordedReplies(path), { parser });
    throw new RankforgeError('usage', 'This comparator needs a file of recorded replies', {
      hint: 'Write it as replay:FILE.',
    });
  },
};
