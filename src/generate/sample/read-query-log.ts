import { RankforgeError } from '../../core/errors.js';
import { readQueries } from '../../formats/beir.js';
import { readLines } from '../../formats/read-lines.js';

/** A query of a log and how often it was asked. */
export interface LoggedQuery {
  readonly text: string;
  readonly count: number;
}

/**
 * Reads a query log: BEIR queries (`.jsonl`), or text with one query a line, where a whole number after a last tab says
 * how often it was asked. Both may be gzipped (`.gz`). Blank lines are skipped.
 * @throws RankforgeError `missing-file`, `bad-line`, `too-little-data` where there is no query
 */
export async function readQueryLog(path: string): Promise<LoggedQuery[]> {
  const counts = new Map<string, number>();
  const add = (text: string, count: number) => {
    const trimmed = text.trim();
    if (trimmed) counts.set(trimmed, (counts.get(trimmed) ?? 0) + count);
  };
  if (/\.jsonl(?:\.gz)?$/.test(path)) {
    for await (const { text } of readQueries(path)) add(text, 1);
  } else {
    for await (const { text } of readLines(path)) {
      const [, query, count] = /^(.*)\t(\d{1,12})\s*$/.exec(text) ?? [];
      if (query !== undefined) add(query, Number(count));
      else add(text, 1);
    }
  }
  if (counts.size === 0) {
    throw new RankforgeError('too-little-data', `There is no query in ${path}`, {
      where: path,
      hint: 'Give one query a line, or BEIR queries in a .jsonl file.',
    });
  }
  return [...counts].map(([text, count]) => ({ text, count }));
}
