import { type FileHandle, mkdtemp, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fromFileError } from '../../core/errors.js';
import type { Example } from '../../core/example.js';
import { makeFolder } from '../../core/make-folder.js';
import { passageText } from '../../core/passage.js';
import { createLineIndex } from '../line-index.js';
import { toField, toFirstField } from '../trec-field.js';
import { queryText, type RelevanceOptions, splitByRelevance } from './relevance.js';

const files = {
  collection: 'collection.tsv',
  queries: 'queries.tsv',
  qrels: 'qrels.tsv',
  triples: 'triples.tsv',
  tripleIds: 'triples.ids.tsv',
} as const;

/** Lines written, by file. */
export type MsMarcoCounts = Readonly<Record<keyof typeof files, number>>;

/**
 * A text as one field of a TSV line. Readers of this format do not unescape, so every tab and line break (all those
 * that any of Python's readers splits at) becomes one space: a backslash sequence would end up in the training text.
 */
export const toTsvText = (text: string): string =>
  text.replace(/[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]+/g, ' ').trim();

/**
 * Writes examples as an MS MARCO passage collection into a folder: `collection.tsv` (id, text), `queries.tsv`, `qrels.tsv`
 * (query, 0, passage, grade; all grades), `triples.tsv` (query, relevant and other text) and `triples.ids.tsv`. A passage
 * that several examples share is written once. Streamed; the files appear together, when all are whole.
 * @throws RankforgeError `disk-full`, `no-permission`, `unsupported` for an id with spaces, or a query id that begins with #
 */
export async function exportMsMarco(
  folder: string,
  examples: Iterable<Example> | AsyncIterable<Example>,
  options: RelevanceOptions & { readonly signal?: AbortSignal } = {},
): Promise<MsMarcoCounts> {
  let temporary: string | undefined;
  try {
    await makeFolder(folder);
    temporary = await mkdtemp(join(folder, '.msmarco-'));
    const counts = await writeFiles(temporary, examples, options);
    for (const name of Object.values(files)) await rename(join(temporary, name), join(folder, name));
    return counts;
  } catch (error) {
    throw fromFileError(error, folder);
  } finally {
    if (temporary !== undefined) await rm(temporary, { recursive: true, force: true });
  }
}

async function writeFiles(
  folder: string,
  examples: Iterable<Example> | AsyncIterable<Example>,
  options: RelevanceOptions & { readonly signal?: AbortSignal },
): Promise<MsMarcoCounts> {
  const counts = { collection: 0, queries: 0, qrels: 0, triples: 0, tripleIds: 0 };
  const handles = new Map<keyof typeof files, FileHandle>();
  const seen = createLineIndex();
  try {
    for (const [key, name] of Object.entries(files) as [keyof typeof files, string][]) {
      handles.set(key, await open(join(folder, name), 'wx'));
    }
    for await (const example of examples) {
      options.signal?.throwIfAborted();
      const fresh = example.passages.filter(({ passage }) => seen.add(passage.id, 1) === undefined);
      for (const [key, lines] of Object.entries(linesOf(example, fresh, options)) as [
        keyof typeof files,
        string[],
      ][]) {
        counts[key] += lines.length;
        if (lines.length > 0) await handles.get(key)!.writeFile(`${lines.join('\n')}\n`);
      }
    }
    for (const handle of handles.values()) await handle.sync();
  } finally {
    for (const handle of handles.values()) await handle.close();
  }
  return counts;
}

function linesOf(
  example: Example,
  fresh: Example['passages'],
  options: RelevanceOptions,
): Record<keyof typeof files, string[]> {
  const queryId = toFirstField(example.query.id);
  const query = toTsvText(queryText(example.query));
  const textOf = (item: Example['passages'][number]): string => toTsvText(passageText(item.passage));
  const idOf = (item: Example['passages'][number]): string => toField(item.passage.id, 'space');
  const { relevant, others } = splitByRelevance(example, options);
  const triples = relevant.flatMap((positive) => others.map((negative) => [positive, negative] as const));
  return {
    collection: fresh.map((item) => `${idOf(item)}\t${textOf(item)}`),
    queries: [`${queryId}\t${query}`],
    qrels: example.passages.map((item) => `${queryId}\t0\t${idOf(item)}\t${item.grade}`),
    triples: triples.map(([positive, negative]) => `${query}\t${textOf(positive)}\t${textOf(negative)}`),
    tripleIds: triples.map(([positive, negative]) => `${queryId}\t${idOf(positive)}\t${idOf(negative)}`),
  };
}
