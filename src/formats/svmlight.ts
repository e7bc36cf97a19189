import { stat } from 'node:fs/promises';
import { RankforgeError } from '../core/errors.js';
import { badLineError, duplicateError, lineOf, type ReadOptions, reportBadLine } from './bad-line.js';
import { createLineIndex } from './line-index.js';
import { readLines } from './read-lines.js';

/** One line of a feature file. */
interface FeatureRow {
  readonly label: number;
  readonly queryId: string;
  /** Feature numbers, rising, and their values. */
  readonly columns: readonly number[];
  readonly values: readonly number[];
  /** What the comment names as `docid = ID`; else the row's place in its query, from 1. */
  readonly id: string;
}

/** The rows of one query. */
export interface FeatureRows {
  readonly queryId: string;
  readonly rows: readonly FeatureRow[];
}

/** Features have numbers from 0 to this. */
export const largestFeature = 1_000_000;

const hint = 'Each line is "label qid:QUERY 1:value 2:value … # comment", features by rising number.';

/**
 * A feature file in the format of SVMlight and LETOR, query by query: `label qid:q 1:0.5 7:2 # docid = p1`, features that are
 * left out being 0. Rows of a query stand together. Without `qid` the queries' sizes come from `FILE.query`, one a line, as
 * LightGBM has them, and their ids are their places, from 1. Memory holds one query.
 * @throws RankforgeError `missing-file`, `bad-line` (also for values that are not finite), `bad-file` for sizes that do not add up,
 * `duplicate-id` for a query that comes back
 */
export async function* readSvmlight(path: string, options: ReadOptions = {}): AsyncGenerator<FeatureRows> {
  const ofRow = await querySizes(path, options);
  const seen = createLineIndex();
  let rows: FeatureRow[] = [];
  let current: string | undefined;
  let [rowsRead, last] = [0, 0];
  for await (const { text, line, raw } of readLines(path, options)) {
    const hash = text.indexOf('#');
    const fields = (hash < 0 ? text : text.slice(0, hash)).trim();
    if (fields === '') continue;
    [rowsRead, last] = [rowsRead + 1, line];
    const row = parseRow(fields, hash < 0 ? '' : text.slice(hash), ofRow?.at(rowsRead));
    if (typeof row === 'string') {
      reportBadLine({ path, line, raw, error: badLineError(path, line, row, hint) }, options);
      continue;
    }
    if (row.queryId !== current) {
      const earlier = seen.add(row.queryId, line);
      if (earlier !== undefined) {
        const error = duplicateError(path, line, `query "${row.queryId}" comes back: it`, earlier).with({
          hint: (spell) =>
            `Put the rows of a query together, or set later ones aside with ${spell('skipBad')}.`,
        });
        reportBadLine({ path, line, raw, error }, options);
        continue;
      }
      if (current !== undefined && rows.length > 0) yield { queryId: current, rows };
      [rows, current] = [[], row.queryId];
    }
    rows.push(row.id === '' ? { ...row, id: String(rows.length + 1) } : row);
  }
  if (ofRow && ofRow.total !== rowsRead) throw sizesDiffer(path, ofRow.total, { rows: rowsRead, last });
  if (current !== undefined && rows.length > 0) yield { queryId: current, rows };
}

/** The row, or what is wrong with the line. */
function parseRow(fields: string, comment: string, queryOfRow: string | undefined): FeatureRow | string {
  const parts = fields.split(/\s+/);
  const label = Number(parts[0]);
  if (!Number.isFinite(label)) return `the label "${parts[0]}" is no finite number`;
  const named = parts[1]?.startsWith('qid:') ? parts[1].slice(4) : undefined;
  const queryId = named ?? queryOfRow;
  if (!queryId) return 'the line names no query (qid:), and a .query file beside counts none for it';
  const columns: number[] = [];
  const values: number[] = [];
  for (let i = named === undefined ? 1 : 2; i < parts.length; i++) {
    const part = parts[i]!;
    const colon = part.indexOf(':');
    const column = colon > 0 ? Number(part.slice(0, colon)) : Number.NaN;
    const value = colon + 1 < part.length ? Number(part.slice(colon + 1)) : Number.NaN;
    if (!Number.isInteger(column) || column < 0 || column > largestFeature) return `"${part}" is no feature`;
    if (!Number.isFinite(value)) return `feature ${column} is "${part.slice(colon + 1)}", no finite number`;
    if (columns.length > 0 && column <= columns.at(-1)!)
      return `feature ${column} is out of order or there twice`;
    columns.push(column);
    values.push(value);
  }
  return { label, queryId, columns, values, id: /\bdocid\s*=\s*(\S+)/.exec(comment)?.[1] ?? '' };
}

interface QuerySizes {
  readonly total: number;
  /** The id of the query that a row belongs to, from 1; rows are asked for in order. */
  at(row: number): string | undefined;
}

/** What LightGBM keeps beside a file without `qid`. */
async function querySizes(path: string, options: ReadOptions): Promise<QuerySizes | undefined> {
  const beside = `${path}.query`;
  if (!(await stat(beside).catch(() => undefined))) return undefined;
  const ends: number[] = [];
  for await (const { text, line } of readLines(beside, { signal: options.signal })) {
    if (text.trim() === '') continue;
    const size = Number(text);
    if (!Number.isInteger(size) || size < 1)
      throw badLineError(
        beside,
        line,
        `"${text.trim()}" is no number of rows`,
        'Write one whole number a line.',
      );
    ends.push((ends.at(-1) ?? 0) + size);
  }
  let query = 0;
  return {
    total: ends.at(-1) ?? 0,
    at(row) {
      while (query < ends.length && row > ends[query]!) query++;
      return query < ends.length ? String(query + 1) : undefined;
    },
  };
}

const sizesDiffer = (
  path: string,
  sizes: number,
  { rows, last }: { rows: number; last: number },
): RankforgeError =>
  new RankforgeError('bad-file', `${path}.query counts ${sizes} rows, and the file has ${rows}`, {
    where: lineOf(path, last),
    hint: 'Give the two files that belong together.',
  });
