import { RankforgeError } from '../../core/errors.js';
import type { QueryTypeName } from '../queries/query-types.js';
import { spaceless, words } from '../words.js';
import { classifyQuery } from './classify-query.js';
import type { LoggedQuery } from './read-query-log.js';

/** Lengths in words: a character counts as one in scripts without spaces. */
export interface LengthTarget {
  readonly mean: number;
  /** The 10th, 50th and 90th percentile. */
  readonly low: number;
  readonly median: number;
  readonly high: number;
  /** The 25th and 75th percentile. */
  readonly quarter: number;
  readonly threeQuarters: number;
  /** Different queries. */
  readonly different: number;
  /** Searches by length, shortest first: what lengths are drawn from that a writer is asked for. */
  readonly counts: readonly LengthCount[];
}

export interface LengthCount {
  /** As one asks for them: in scripts without spaces two characters make up a word. */
  readonly words: number;
  readonly searches: number;
}

export interface QueryLogProfile {
  /** Searches in the log, and different queries among them. */
  readonly searches: number;
  readonly different: number;
  /** Shares of the types that occur, summing to 1: what `generate.types` takes. */
  readonly types: Readonly<Partial<Record<QueryTypeName, number>>>;
  /** Of all queries together. */
  readonly length: LengthTarget;
  /** Lengths of each type: what `voices.lengths` takes. */
  readonly lengths: Readonly<Partial<Record<QueryTypeName, LengthTarget>>>;
}

/**
 * What a query log is made of, every search counting: a query asked a hundred times weighs a hundred.
 * @throws RankforgeError `too-little-data` for a log without words
 */
export function profileQueryLog(log: Iterable<LoggedQuery>): QueryLogProfile {
  const byType = new Map<QueryTypeName, Measured[]>();
  const different = new Set<string>();
  let searches = 0;
  for (const { text, count } of log) {
    const length = words(text).length;
    if (length === 0 || count <= 0) continue;
    const type = classifyQuery(text);
    const list = byType.get(type) ?? [];
    // As queries are checked: where a character is a word, about two make up one.
    list.push({ length, asked: spaceless.test(text) ? Math.ceil(length / 2) : length, count, text });
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
    length: lengthTarget([...byType.values()].flat(), searches),
    lengths: Object.fromEntries(sorted.map(([type, list]) => [type, lengthTarget(list, total(list))])),
  };
}

interface Measured {
  readonly text: string;
  readonly count: number;
  readonly length: number;
  readonly asked: number;
}

function lengthTarget(list: Measured[], searches: number): LengthTarget {
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
  const counts = new Map<number, number>();
  for (const { asked, count } of list) counts.set(asked, (counts.get(asked) ?? 0) + count);
  return {
    mean,
    low: percentile(0.1),
    quarter: percentile(0.25),
    median: percentile(0.5),
    threeQuarters: percentile(0.75),
    high: percentile(0.9),
    different: new Set(list.map(({ text }) => text)).size,
    counts: [...counts].sort(([a], [b]) => a - b).map(([words, searches]) => ({ words, searches })),
  };
}
