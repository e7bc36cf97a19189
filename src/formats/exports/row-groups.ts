import { RankforgeError } from '../../core/errors.js';
import type { Example, ExamplePassage } from '../../core/example.js';
import type { Grade } from '../../core/judgement.js';
import type { Passage } from '../../core/passage.js';
import type { Query } from '../../core/query.js';
import { lineOf, reportBadLine } from '../bad-line.js';
import { createLineIndex } from '../line-index.js';
import type { ImportOptions, Split } from './export-format.js';
import { idOfText } from './split-files.js';

/** A row of a file, with where it stood. */
export interface Row<T> {
  readonly value: T;
  /** From 1. */
  readonly line: number;
  readonly raw: Buffer;
}

/** An example while its rows are read. */
export interface Group {
  readonly query: Query;
  readonly passages: Map<string, ExamplePassage>;
  rows: number;
  thinking?: Example['thinking'];
}

/** How rows become examples. */
export interface RowReader<T> {
  readonly query: (row: T) => Query;
  /** Adds what a row says to its query's passages. */
  readonly add: (group: Group, row: T) => void;
}

/**
 * The examples of rows, where those of one query stand together. Memory holds one query.
 * @throws RankforgeError `duplicate-id` for a query whose rows are apart, unless `onBadLine` takes them
 */
export async function* groupRows<T>(
  rows: AsyncIterable<Row<T>>,
  path: string,
  split: Split,
  { query: queryOf, add }: RowReader<T>,
  options: ImportOptions,
): AsyncGenerator<Example> {
  const seen = createLineIndex();
  let group: Group | undefined;
  for await (const { value, line, raw } of rows) {
    const query = queryOf(value);
    if (group === undefined || group.query.id !== query.id) {
      const earlier = seen.add(query.id, line);
      if (earlier !== undefined) {
        const error = apartError(path, line, query.text, earlier);
        reportBadLine({ path, line, raw, error }, options);
        continue;
      }
      if (group) yield toExample(group, split);
      group = { query, passages: new Map(), rows: 0 };
    }
    add(group, value);
    group.rows++;
  }
  if (group) yield toExample(group, split);
}

function apartError(path: string, line: number, text: string, earlier: number): RankforgeError {
  const where = lineOf(path, line);
  const query = JSON.stringify(text.slice(0, 80));
  return new RankforgeError(
    'duplicate-id',
    `${where}: the query ${query} stands on line ${earlier} already`,
    {
      where,
      hint: 'Sort the file, so that all lines of a query stand together.',
    },
  );
}

const toExample = ({ query, passages, thinking }: Group, split: Split): Example => ({
  query,
  passages: [...passages.values()],
  split,
  ...(thinking ? { thinking } : {}),
  ledgerKeys: [],
});

/** Grades for formats that tell relevant passages from others and no more. */
export const assumedGrades = { relevant: 3, other: 0 } as const;

/** A query of a format that has its text alone. */
export const textQuery = (text: string): Query => ({ id: idOfText('q', text), text });

/** A passage of a format that has its text alone. */
export const textPassage = (text: string): Passage => ({ id: idOfText('p', text), text });

/** What an import knows of a passage: its grade, and from that its kind. */
export function imported(
  passage: Passage,
  grade: Grade,
  { relevantFrom = 2 }: ImportOptions,
  more: Pick<ExamplePassage, 'teacherScore' | 'teacherRank'> = {},
): ExamplePassage {
  const relevant = grade >= relevantFrom;
  return {
    passage,
    grade,
    kind: relevant ? 'positive' : 'hard-negative',
    origin: relevant ? 'judged' : 'mined:import',
    ...more,
  };
}

/** Adds passages that are not there yet. */
export function addAll(group: Group, items: readonly ExamplePassage[]): void {
  for (const item of items)
    if (!group.passages.has(item.passage.id)) group.passages.set(item.passage.id, item);
}
