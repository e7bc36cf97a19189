import type { z } from 'zod';
import type { Example } from '../../core/example.js';
import { readJsonLines } from '../json-lines.js';
import type { ExportFormat, ExportOptions, ImportOptions } from './export-format.js';
import { groupRows, type RowReader } from './row-groups.js';
import { filesOf, writeLines } from './split-files.js';

type JsonValue = string | number | readonly JsonValue[] | { readonly [key: string]: JsonValue };
export type JsonRow = Readonly<Record<string, JsonValue>>;

/** A format of JSONL files, one a split, whose rows belong to one query each. */
interface JsonRowsFormat<T> extends Pick<ExportFormat, 'summary' | 'needs' | 'holds' | 'columns'> {
  readonly rows: (example: Example, options: ExportOptions) => readonly JsonRow[];
  /** Keys whose numbers are always written with a point. */
  readonly decimals?: readonly string[];
  readonly schema: z.ZodType<T>;
  readonly reader: (options: ImportOptions) => RowReader<T>;
}

export function jsonRows<T>({
  rows,
  decimals,
  schema,
  reader,
  ...described
}: JsonRowsFormat<T>): ExportFormat {
  return {
    ...described,
    write: (folder, source, options) =>
      writeLines(folder, source, options, (example) =>
        rows(example, options).map((row) => jsonRow(row, decimals)),
      ),
    async *read(path, options) {
      for (const file of filesOf(path, (name) => `${name}.jsonl`, options.split)) {
        const lines = readJsonLines(file.path, schema, options);
        yield* groupRows(lines, file.path, file.split, reader(options), options);
      }
    },
  };
}

/**
 * A row as JSON. Arrow takes a column's type from its first lines, and whole numbers would make it an integer: those of
 * `decimals` are written as 1.0.
 */
export function jsonRow(row: JsonRow, decimals: readonly string[] = []): string {
  const entries = Object.entries(row).map(
    ([key, value]) =>
      `${JSON.stringify(key)}:${decimals.includes(key) ? decimal(value) : JSON.stringify(value)}`,
  );
  return `{${entries.join(',')}}`;
}

function decimal(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(decimal).join(',')}]`;
  return Number.isInteger(value) && Math.abs(value as number) < 1e21
    ? `${JSON.stringify(value)}.0`
    : JSON.stringify(value);
}
