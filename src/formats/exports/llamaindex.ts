import { readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import { fromFileError, RankforgeError } from '../../core/errors.js';
import type { Example } from '../../core/example.js';
import { passageText } from '../../core/passage.js';
import { badLineError, lineOf, reportBadLine } from '../bad-line.js';
import type { ExampleSource, ExportFormat, ExportOptions, ImportOptions, Split } from './export-format.js';
import { queryText, splitByRelevance } from './relevance.js';
import { assumedGrades, imported } from './row-groups.js';
import { filesOf, fillFiles } from './split-files.js';
import { uniquePassages } from './unique-passages.js';

/** Bytes that are parsed at once: the format is one object, and is read as a whole. */
const maxBytes = 500 * 1024 * 1024;

type Entries = readonly (readonly [string, unknown])[];

/** The object's parts in the order in which they are written, each a going through all examples. */
const parts: readonly {
  readonly name: string;
  readonly entries: (options: ExportOptions) => (example: Example) => Entries;
}[] = [
  {
    name: 'queries',
    entries: () => (example) => [[example.query.id, queryText(example.query)]],
  },
  {
    name: 'corpus',
    entries: () => {
      const isNew = uniquePassages();
      return ({ passages }) =>
        passages.filter(isNew).map(({ passage }) => [passage.id, passageText(passage)]);
    },
  },
  {
    name: 'relevant_docs',
    entries: (options) => (example) => [
      [example.query.id, splitByRelevance(example, options).relevant.map(({ passage }) => passage.id)],
    ],
  },
];

/** Those with a relevant passage: its trainer takes the first one for granted. */
async function* usable(
  source: ExampleSource,
  options: ExportOptions,
  split?: Split,
): AsyncGenerator<Example> {
  for await (const example of source()) {
    options.signal?.throwIfAborted();
    if (split !== undefined && example.split !== split) continue;
    if (splitByRelevance(example, options).relevant.length > 0) yield example;
  }
}

const File = z.object({
  queries: z.record(z.string(), z.string()),
  corpus: z.record(z.string(), z.string()),
  relevant_docs: z.record(z.string(), z.array(z.string())),
});

/** `queries`, `corpus`, `relevant_docs`: one object a split, an `EmbeddingQAFinetuneDataset`. Unlinked passages stay in the corpus. */
export const llamaIndex: ExportFormat = {
  summary: 'LlamaIndex fine-tuning pairs (EmbeddingQAFinetuneDataset)',
  needs: 'a relevant passage',
  holds: [
    'query id',
    'query text',
    'passage id',
    'passage text',
    'text to the letter',
    'relevant or not',
    'split',
  ],
  async write(folder, source, options) {
    const found = new Set<Split>();
    for await (const { split } of usable(source, options)) found.add(split);
    return fillFiles(
      folder,
      source,
      options,
      async (example) => splitByRelevance(example, options).relevant.length,
      async (files) => {
        for (const split of found) {
          const file = await files.get(`${split}.json`, split, '{');
          for (const { name, entries } of parts) {
            const entriesOf = entries(options);
            let separator = '';
            await file.append(`"${name}":{`, 0);
            for await (const example of usable(source, options, split)) {
              for (const [id, value] of entriesOf(example)) {
                await file.append(
                  `${separator}\n${JSON.stringify(id)}:${JSON.stringify(value)}`,
                  name === 'queries' ? 1 : 0,
                );
                separator = ',';
              }
            }
            await file.append('},\n', 0);
          }
          await file.append('"mode":"text"}\n', 0);
        }
      },
    );
  },
  async *read(path, options) {
    for (const file of filesOf(path, (name) => `${name}.json`, options.split)) {
      const { queries, corpus, relevant_docs } = await readWhole(file.path);
      for (const [id, text] of Object.entries(queries)) {
        const linked = relevant_docs[id] ?? [];
        const unknown = linked.find((passageId) => !Object.hasOwn(corpus, passageId));
        if (unknown !== undefined) {
          const error = new RankforgeError(
            'unknown-id',
            `${file.path}: query "${id}" names the passage "${unknown}", which is not in its corpus`,
            {
              where: lineOf(file.path, 1),
              hint: 'Correct relevant_docs, or give the whole corpus.',
            },
          );
          reportBadLine(
            { path: file.path, line: 1, raw: Buffer.from(JSON.stringify({ [id]: linked })), error },
            options,
          );
        }
        yield {
          query: { id, text },
          passages: relevantOf(linked, corpus, options),
          split: file.split,
          ledgerKeys: [],
        };
      }
    }
  },
};

const relevantOf = (
  ids: readonly string[],
  corpus: Readonly<Record<string, string>>,
  options: ImportOptions,
) =>
  [...new Set(ids)]
    .filter((id) => Object.hasOwn(corpus, id))
    .map((id) => imported({ id, text: corpus[id]! }, assumedGrades.relevant, options));

async function readWhole(path: string): Promise<z.infer<typeof File>> {
  let text: string;
  try {
    const { size } = await stat(path);
    if (size > maxBytes) {
      throw new RankforgeError('bad-file', `${path} is ${size} bytes long, more than ${maxBytes}`, {
        where: path,
        hint: 'Cut the file into several: this format is one object, which is read as a whole.',
      });
    }
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw fromFileError(error, path);
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    const reason = (cause as Error).message;
    const position = Number(/position (\d+)/.exec(reason)?.[1] ?? 0);
    const line = text.slice(0, position).split('\n').length;
    throw badLineError(
      path,
      line,
      `the file is not JSON (${reason})`,
      'Correct or export the file again.',
      cause,
    );
  }
  const parsed = File.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new RankforgeError(
    'bad-file',
    `${path} is no EmbeddingQAFinetuneDataset: ${z.prettifyError(parsed.error).replace(/\s*\n\s*/g, ' ')}`,
    { where: path, hint: 'It is one object with queries, corpus and relevant_docs.' },
  );
}
