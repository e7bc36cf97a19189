import { RankforgeError } from '../../core/errors.js';
import type { QueryTypeName } from '../queries/query-types.js';
import { words } from '../words.js';
import { classifyQuery } from './classify-query.js';
import type { LoggedQuery } from './read-query-log.js';

/** Lengths in words: a character counts as one in scripts without spaces. */
export interface LengthTarget {
  readonly mean: number;
  /** The 10th, 50th and 90th percentile. */
  readonly low: number;
  readonly median: number;
  readonly high: number;
}

export interface QueryLogProfile {
  /** Searches in the log, and different queries among them. */
  readonly searches: number;
  readonly different: number;
  /** Shares of the types that occur, summing to 1: what `generate.types` takes. */
  readonly types: Readonly<Partial<Record<QueryTypeName, number>>>;
  /** Lengths of each type. */
  readonly lengths: Readonly<Partial<Record<QueryTypeName, LengthTarget>>>;
}

/**
 * What a query log is made of, every search counting: a query asked a hundred times weighs a hundred.
 * @throws RankforgeError `too-little-data` for a log without words
 */
export function profileQueryLog(log: Iterable<LoggedQuery>): QueryLogProfile {
  const byType = new Map<QueryTypeName, { length: number; count: number }[]>();
  const different = new Set<string>();
  let searches = 0;
  for (const { text, count } of log) {
    const length = words(text).length;
    if (length === 0 || count <= 0) continue;
    const type = classifyQuery(text);
    const list = byType.get(type) ?? [];
    list.push({ length, count });
    byType.set(type, list);
    different.add(text);
    searches += count;
  }
  if (searches === 0) {
    throw new RankforgeError('too-little-data', 'The query log has no query with a word in it', {
      hint: 'Give one query a line, or BEIR queries in a .jsonl file.',
    });
  }
  const sorted = [...byType].sort(([a], [b]) => (a < b ? -1 : 1));
  const total = (list: readonly { count: number }[]) => list.reduce((sum, { count }) => sum + count, 0);
  return {
    searches,
    different: different.size,
    types: Object.fromEntries(sorted.map(([type, list]) => [type, total(list) / searches])),
    lengths: Object.fromEntries(sorted.map(([type, list]) => [type, lengthTarget(list, total(list))])),
  };
}

function lengthTarget(list: { length: number; count: number }[], searches: number): LengthTarget {
  list.sort((a, b) => a.length - b.length);
  const percentile = (part: number) => {
    let below = 0;
    for (const { length, count } of list) {
      below += count;
      if (below >= part * searches - 1e-9) return length;
    }
    return list.at(-1)!.length;
  };
  const mean = list.reduce((sum, { length, count }) => sum + length * count, 0) / searches;
  return { mean, low: percentile(0.1), median: percentile(0.5), high: percentile(0.9) };
}
