import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Example, ExamplePassage } from '../../core/example.js';
import { passageText } from '../../core/passage.js';
import { toField, toFirstField } from '../trec-field.js';
import type { ExportFormat, ExportOptions, Split } from './export-format.js';
import { fillFolder } from './fill-folder.js';
import { judgedExamples } from './judged-examples.js';
import { queryText, splitByRelevance } from './relevance.js';
import { filesOf, fillFiles } from './split-files.js';
import { readTsvPassages, readTsvQueries, toTsvText } from './tsv.js';
import { uniquePassages } from './unique-passages.js';

/** Of one split; the collection is one for all. */
const files = {
  queries: (split: Split) => `queries.${split}.tsv`,
  qrels: (split: Split) => `qrels.${split}.tsv`,
  triples: (split: Split) => `triples.${split}.tsv`,
  tripleIds: (split: Split) => `triples.ids.${split}.tsv`,
};
const collection = 'collection.tsv';

/** The lines of an example by file; `fresh` are the passages that no earlier one had. */
function linesOf(example: Example, fresh: readonly ExamplePassage[], options: ExportOptions) {
  const queryId = toFirstField(example.query.id);
  const query = toTsvText(queryText(example.query));
  const textOf = (item: ExamplePassage): string => toTsvText(passageText(item.passage));
  const idOf = (item: ExamplePassage): string => toField(item.passage.id, 'space');
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

/** `collection.tsv` and, by split, `queries`, `qrels` with every grade, and `triples` with texts and with ids. */
export const msMarco: ExportFormat = {
  summary: 'MS MARCO passage collection, queries, judgements and triples',
  holds: [
    'query id',
    'query text',
    'passage id',
    'passage text',
    'every passage',
    'order of passages',
    'relevant or not',
    'grade',
    'split',
  ],
  write(folder, source, options) {
    const isNew = uniquePassages();
    return fillFiles(folder, source, options, async (example, written) => {
      const lines = linesOf(example, example.passages.filter(isNew), options);
      await written.append(collection, lines.collection);
      for (const [name, nameOf] of Object.entries(files) as [
        keyof typeof files,
        (split: Split) => string,
      ][]) {
        await written.append(nameOf(example.split), lines[name], example.split);
      }
      return lines.qrels.length;
    });
  },
  async *read(path, options) {
    const folder = statSync(path, { throwIfNoEntry: false })?.isFile() ? dirname(path) : path;
    yield* judgedExamples(
      {
        qrels: filesOf(path, (name) => `qrels.${name}.tsv`, options.split),
        queries: ({ name }) => readTsvQueries(join(folder, `queries.${name}.tsv`), options),
        passages: () => readTsvPassages(join(folder, collection), options),
      },
      options,
    );
  },
};

/** Lines written, by file. */
export type MsMarcoCounts = Readonly<Record<string, number>>;

/**
 * Writes examples as an MS MARCO passage collection into a folder: `collection.tsv` (id, text) and, by split,
 * `queries.SPLIT.tsv`, `qrels.SPLIT.tsv` (query, 0, passage, grade; all grades), `triples.SPLIT.tsv` (query, relevant and other
 * text) and `triples.ids.SPLIT.tsv`. A passage that several examples share is written once. Streamed; the folder appears when
 * all files are whole, in place of one of that name.
 * @throws RankforgeError `disk-full`, `no-permission`, `unsupported` for an id with spaces, or a query id that begins with #,
 * `duplicate-id` for an id that stands for two texts
 */
export async function exportMsMarco(
  folder: string,
  examples: Iterable<Example> | AsyncIterable<Example>,
  options: ExportOptions = {},
): Promise<MsMarcoCounts> {
  const written = await fillFolder(folder, (temporary) => msMarco.write(temporary, () => examples, options));
  return Object.fromEntries(written.files.map(({ path, rows }) => [path, rows]));
}
