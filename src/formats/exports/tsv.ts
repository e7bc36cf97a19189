import type { Passage } from '../../core/passage.js';
import type { Query } from '../../core/query.js';
import { badLineError, type ReadOptions, reportBadLine } from '../bad-line.js';
import { createLineIndex } from '../line-index.js';
import { readLines } from '../read-lines.js';

/**
 * A text as one field of a TSV line. Readers of this format do not unescape, so every tab and line break (all those
 * that any of Python's readers splits at), and NUL, which `readLines` refuses, becomes one space: a backslash sequence
 * would end up in the training text.
 */
export const toTsvText = (text: string): string =>
  text.replace(/[\0\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]+/g, ' ').trim();

/** `id<TAB>text` lines. @throws RankforgeError `missing-file`, `bad-line` also for an id that stands on two lines */
async function* readTsv(
  path: string,
  options: ReadOptions,
): AsyncGenerator<{ readonly id: string; readonly text: string }> {
  const seen = createLineIndex();
  for await (const { text, line, raw } of readLines(path, options)) {
    if (text.trim() === '') continue;
    const tab = text.indexOf('\t');
    const id = text.slice(0, Math.max(0, tab)).trim();
    const earlier = id === '' ? undefined : seen.add(id, line);
    if (id !== '' && earlier === undefined) {
      yield { id, text: text.slice(tab + 1).trim() };
      continue;
    }
    const reason =
      earlier === undefined
        ? 'the line is no id and text with a tab between'
        : `the id "${id}" stands on line ${earlier} already`;
    const error = badLineError(
      path,
      line,
      reason,
      'Each line is an id, a tab and a text, and each id stands once.',
    );
    reportBadLine({ path, line, raw, error }, options);
  }
}

/** The queries of a TSV file by id. */
export async function readTsvQueries(path: string, options: ReadOptions): Promise<Map<string, Query>> {
  const queries = new Map<string, Query>();
  for await (const query of readTsv(path, options)) queries.set(query.id, query);
  return queries;
}

/** The passages of a TSV file. */
export const readTsvPassages = (path: string, options: ReadOptions): AsyncIterable<Passage> =>
  readTsv(path, options);
