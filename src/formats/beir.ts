import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { fromFileError, RankforgeError } from '../core/errors.js';
import type { Passage } from '../core/passage.js';
import type { Query } from '../core/query.js';
import { atomicWrite } from './atomic-write.js';
import { duplicateError, type ReadOptions, reportBadLine } from './bad-line.js';
import { readJsonLines } from './json-lines.js';
import { createLineIndex } from './line-index.js';

// Some sets write ids as numbers; inside they are strings.
const Id = z.union([z.string().min(1), z.int().transform(String)]);
const Metadata = z.record(z.string(), z.unknown());

/** BEIR's `_id`, or plain `id`. */
const idKeys = { _id: Id.optional(), id: Id.optional() };
const hasId = (record: { _id?: string | undefined; id?: string | undefined }): boolean =>
  (record._id ?? record.id) !== undefined;
const needsId = { error: 'needs "_id" or "id"', path: ['_id'] };

const PassageLine = z
  .object({ ...idKeys, text: z.string(), title: z.string().nullish(), metadata: Metadata.nullish() })
  .refine(hasId, needsId)
  .transform(
    ({ _id, id, text, title, metadata }): Passage => ({
      id: (_id ?? id)!,
      text,
      ...(title ? { title } : {}),
      ...(metadata && Object.keys(metadata).length > 0 ? { metadata } : {}),
    }),
  );

const QueryLine = z
  .object({ ...idKeys, text: z.string(), instruction: z.string().nullish(), metadata: Metadata.nullish() })
  .refine(hasId, needsId)
  .transform(
    ({ _id, id, text, instruction, metadata }): Query => ({
      id: (_id ?? id)!,
      text,
      ...(instruction ? { instruction } : {}),
      ...(metadata && Object.keys(metadata).length > 0 ? { metadata } : {}),
    }),
  );

/**
 * The passages of a corpus, streamed: a BEIR folder (its `corpus.jsonl` or `corpus.jsonl.gz`) or such a file, one JSON
 * object a line with `_id` or `id`, `text` and, where there are any, `title` and `metadata`. Memory holds 17 to 34 bytes
 * an id, to find duplicates, and no passage.
 * @throws RankforgeError `missing-file`, `bad-line`, `duplicate-id` (naming both lines), `empty-corpus`
 */
export async function* readCorpus(path: string, options: ReadOptions = {}): AsyncGenerator<Passage> {
  const file = fileOf(path, 'corpus');
  let count = 0;
  for await (const passage of readUnique(file, PassageLine, 'passage', options)) {
    count++;
    yield passage;
  }
  if (count === 0) {
    throw new RankforgeError('empty-corpus', `There is no passage in ${file}`, {
      where: file,
      hint: 'Give a corpus.jsonl with one JSON object a line: {"_id": "1", "title": "", "text": "…"}.',
    });
  }
}

/** The queries of a BEIR folder (its `queries.jsonl`, or `.gz`) or of such a file. @throws RankforgeError as `readCorpus` */
export async function* readQueries(path: string, options: ReadOptions = {}): AsyncGenerator<Query> {
  yield* readUnique(fileOf(path, 'queries'), QueryLine, 'query', options);
}

/** Writes `corpus.jsonl` lines in BEIR's form. @throws RankforgeError as `atomicWrite` */
export async function writeCorpus(
  path: string,
  passages: Iterable<Passage> | AsyncIterable<Passage>,
): Promise<void> {
  await atomicWrite(
    path,
    toLines(passages, ({ id, title, text, metadata }) => ({ _id: id, title: title ?? '', text, metadata })),
  );
}

/** Writes `queries.jsonl` lines in BEIR's form. @throws RankforgeError as `atomicWrite` */
export async function writeQueries(
  path: string,
  queries: Iterable<Query> | AsyncIterable<Query>,
): Promise<void> {
  await atomicWrite(
    path,
    toLines(queries, ({ id, text, instruction, metadata }) => ({ _id: id, text, instruction, metadata })),
  );
}

async function* toLines<T>(
  items: Iterable<T> | AsyncIterable<T>,
  toRecord: (item: T) => unknown,
): AsyncGenerator<string> {
  for await (const item of items) yield `${JSON.stringify(toRecord(item))}\n`;
}

async function* readUnique<T extends { readonly id: string }>(
  file: string,
  schema: z.ZodType<T>,
  kind: string,
  options: ReadOptions,
): AsyncGenerator<T> {
  const seen = createLineIndex();
  for await (const { value, line, raw } of readJsonLines(file, schema, options)) {
    const earlier = seen.add(value.id, line);
    if (earlier === undefined) {
      yield value;
      continue;
    }
    const error = duplicateError(file, line, `the ${kind} id "${value.id}"`, earlier);
    reportBadLine({ path: file, line, raw, error }, options);
  }
}

/** A file as it is; of a folder, its NAME.jsonl or NAME.jsonl.gz. */
export function fileOf(path: string, name: string): string {
  try {
    if (!statSync(path).isDirectory()) return path;
  } catch (error) {
    throw fromFileError(error, path);
  }
  const file = [join(path, `${name}.jsonl`), join(path, `${name}.jsonl.gz`)].find((candidate) =>
    existsSync(candidate),
  );
  if (file) return file;
  throw new RankforgeError('missing-file', `There is no ${name}.jsonl or ${name}.jsonl.gz in ${path}`, {
    where: path,
    hint: 'Name a folder in BEIR layout: corpus.jsonl, queries.jsonl, qrels/SPLIT.tsv.',
  });
}
