import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects, type SchemaElement } from 'hyparquet';
import { fileWriter, ParquetWriter } from 'hyparquet-writer';
import { z } from 'zod';
import { fromFileError, isAbort, RankforgeError } from '../../core/errors.js';
import type { Example } from '../../core/example.js';
import { packageVersion } from '../../core/version.js';
import { badLineError, reportBadLine } from '../bad-line.js';
import { ExampleLine } from '../examples.js';
import { exampleFields } from './example-fields.js';
import type { ExportFormat, ImportOptions, Split, WrittenFile } from './export-format.js';
import { fromRow, parquetColumns, toRow } from './parquet-rows.js';
import { filesOf } from './split-files.js';

// A row group is held in memory while it is written or read.
const groupRows = 1000;
const groupCharacters = 8 * 1024 * 1024;

// hyparquet's own decoder takes a byte order mark at a text's start for no part of it.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
// An optional column's null comes as no bytes, whatever the type says.
const parsers = { stringFromBytes: (bytes?: Uint8Array) => bytes && decoder.decode(bytes) };

const names = parquetColumns.map(([column]) => column!.name);

/** One Parquet file, written row group by row group. */
class ParquetFile {
  readonly #path: string;
  readonly #writer: ParquetWriter;
  #waiting: Record<string, unknown>[] = [];
  #characters = 0;
  rows = 0;

  constructor(path: string) {
    this.#path = path;
    const schema: SchemaElement[] = [{ name: 'root', num_children: parquetColumns.length }];
    this.#writer = new ParquetWriter({
      writer: fileWriter(path),
      schema: [...schema, ...parquetColumns.flat()],
      createdBy: `rankforge ${packageVersion}`,
    });
  }

  async append(example: Example): Promise<void> {
    this.#waiting.push(toRow(example));
    this.#characters += example.passages.reduce((sum, { passage }) => sum + passage.text.length, 0);
    this.rows++;
    if (this.#waiting.length >= groupRows || this.#characters >= groupCharacters) await this.#flush();
  }

  async #flush(): Promise<void> {
    const rows = this.#waiting;
    if (rows.length === 0) return;
    this.#waiting = [];
    this.#characters = 0;
    await this.#writer.write({
      columnData: names.map((name) => ({ name, data: rows.map((row) => row[name]) })),
      rowGroupSize: rows.length,
    });
  }

  /** Whole and on the disk. */
  async finish(): Promise<void> {
    await this.#flush();
    await this.#writer.finish();
    const handle = await open(this.#path, 'r+');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
}

/**
 * One Parquet file a split and one row a query, with its passages as a list of structs: nothing of an example is lost, but for
 * halves of surrogate pairs, which UTF-8 has no bytes for.
 */
export const parquet: ExportFormat = {
  summary: 'Parquet, one row a query, every field kept',
  holds: exampleFields,
  columns: () => [
    { name: 'query_id', type: 'text', description: "the query's id" },
    { name: 'query', type: 'text', description: 'the query' },
    ...(
      [
        ['id', 'text', 'the id of each passage'],
        ['text', 'text', 'its text'],
        ['grade', 'integer', 'its grade, 0 (not relevant) to 3 (answers fully)'],
        ['kind', 'text', 'positive, hard-negative or random'],
        ['origin', 'text', 'where it comes from'],
      ] as const
    ).map(([key, type, description]) => ({ name: 'passages', key, type, description, repeated: true })),
  ],
  async write(folder, source, { signal, onProgress }) {
    const files = new Map<Split, ParquetFile>();
    let done = 0;
    for await (const example of source()) {
      signal?.throwIfAborted();
      let file = files.get(example.split);
      if (!file) {
        file = new ParquetFile(join(folder, `${example.split}.parquet`));
        files.set(example.split, file);
      }
      await file.append(example);
      if (++done % 1000 === 0) onProgress?.({ stage: 'export', done, unit: 'items' });
    }
    const written: WrittenFile[] = [];
    for (const [split, file] of files) {
      await file.finish();
      written.push({ path: `${split}.parquet`, split, rows: file.rows });
    }
    return { files: written, leftOut: 0 };
  },
  async *read(path, options) {
    for (const file of filesOf(path, (name) => `${name}.parquet`, options.split)) {
      yield* readParquet(file.path, file.split, options);
    }
  },
};

/** The rows of a file, one row group in memory at a time; a bad row is named as `file:row`. */
async function* readParquet(path: string, split: Split, options: ImportOptions): AsyncGenerator<Example> {
  let line = 0;
  try {
    const file = await asyncBufferFromFile(path);
    const metadata = await parquetMetadataAsync(file);
    let rowStart = 0;
    for (const group of metadata.row_groups) {
      options.signal?.throwIfAborted();
      const rowEnd = rowStart + Number(group.num_rows);
      for (const row of await parquetReadObjects({ file, metadata, parsers, rowStart, rowEnd })) {
        line++;
        const example = checked(row, split, path, line, options);
        if (example) yield example;
      }
      rowStart = rowEnd;
    }
  } catch (error) {
    if (error instanceof RankforgeError || isAbort(error)) throw error;
    const known = fromFileError(error, path);
    if (known !== error) throw known;
    const reason = error instanceof Error ? error.message : String(error);
    throw new RankforgeError('bad-file', `${path} is no Parquet file that can be read: ${reason}`, {
      where: path,
      hint: 'Copy or export the file again; compression other than Snappy is not read.',
      cause: error,
    });
  }
}

function checked(
  row: Readonly<Record<string, unknown>>,
  split: Split,
  path: string,
  line: number,
  options: ImportOptions,
): Example | undefined {
  let reason: string;
  try {
    const parsed = ExampleLine.safeParse(fromRow(row, split));
    if (parsed.success) return parsed.data;
    reason = z.prettifyError(parsed.error).replace(/\s*\n\s*/g, ' ');
  } catch (error) {
    reason = `a column of JSON is none (${(error as Error).message})`;
  }
  const error = badLineError(
    path,
    line,
    `the row is no example: ${reason}`,
    'Correct the row, or set bad rows aside.',
  );
  const text = JSON.stringify(row, (_key, value: unknown) =>
    typeof value === 'bigint' ? Number(value) : value,
  );
  reportBadLine({ path, line, raw: Buffer.from(text), error }, options);
  return undefined;
}
