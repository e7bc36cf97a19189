import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Query } from '../../core/query.js';
import { readCorpus, readQueries } from '../beir.js';
import { toField } from '../trec-field.js';
import type { ExportFormat } from './export-format.js';
import { judgedExamples } from './judged-examples.js';
import { filesOf, fillFiles } from './split-files.js';
import { uniquePassages } from './unique-passages.js';

const header = 'query-id\tcorpus-id\tscore\n';

/** `corpus.jsonl`, `queries.jsonl` and `qrels/SPLIT.tsv`, with every grade. A passage that several queries share is written once. */
export const beirFolder: ExportFormat = {
  summary: 'BEIR folder: corpus, queries, judgements by split',
  holds: [
    'query id',
    'query text',
    'instruction apart',
    'query metadata',
    'passage id',
    'passage text',
    'text to the letter',
    'title apart',
    'passage metadata',
    'every passage',
    'order of passages',
    'relevant or not',
    'grade',
    'split',
  ],
  write(folder, source, options) {
    const isNew = uniquePassages();
    return fillFiles(folder, source, options, async ({ query, passages, split }, files) => {
      const { id, text, instruction, metadata } = query;
      const fresh = passages.filter(isNew).map(({ passage }) => passage);
      const corpus = fresh.map(({ id: _id, title = '', text, metadata }) => ({ _id, title, text, metadata }));
      await files.append(
        'corpus.jsonl',
        corpus.map((one) => JSON.stringify(one)),
      );
      await files.append('queries.jsonl', [JSON.stringify({ _id: id, text, instruction, metadata })]);
      const lines = passages.map(
        ({ passage, grade }) => `${toField(id, 'tab')}\t${toField(passage.id, 'tab')}\t${grade}`,
      );
      await files.append(`qrels/${split}.tsv`, lines, split, header);
      return lines.length;
    });
  },
  async *read(path, options) {
    // The judgements of one split may be named alone.
    const isFile = statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
    const folder = isFile ? dirname(dirname(path)) : path;
    const qrels = filesOf(isFile ? path : join(path, 'qrels'), (name) => `${name}.tsv`, options.split);
    const queries = new Map<string, Query>();
    for await (const query of readQueries(folder, options)) queries.set(query.id, query);
    yield* judgedExamples(
      { qrels, queries: async () => queries, passages: () => readCorpus(options.corpus ?? folder, options) },
      options,
    );
  },
};
