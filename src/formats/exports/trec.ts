import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { RankforgeError } from '../../core/errors.js';
import type { Example } from '../../core/example.js';
import { readCorpus } from '../beir.js';
import { toField, toFirstField } from '../trec-field.js';
import { scoresInOrder } from '../trec-order.js';
import { readRun } from '../trec-run.js';
import type { ExportFormat } from './export-format.js';
import { judgedExamples } from './judged-examples.js';
import { queryText } from './relevance.js';
import { filesOf, fillFiles } from './split-files.js';
import { readTsvQueries, toTsvText } from './tsv.js';

/** The teacher's scores as lines of a run, best first. */
function runLines({ query, passages }: Example): string[] {
  const ranked = passages
    .flatMap(({ passage, teacherScore, teacherRank = 0 }) =>
      teacherScore === undefined ? [] : [{ id: passage.id, score: teacherScore, teacherRank }],
    )
    .sort((a, b) => b.score - a.score || a.teacherRank - b.teacherRank);
  const scores = scoresInOrder(ranked);
  return ranked.map(
    ({ id }, index) =>
      `${toFirstField(query.id)} Q0 ${toField(id, 'space')} ${index + 1} ${scores[index]} rankforge-teacher`,
  );
}

/** `topics.SPLIT.tsv`, `qrels.SPLIT.txt` and, of passages that have a teacher's score, `run.SPLIT.txt`. Texts of passages are not part of it. */
export const trec: ExportFormat = {
  summary: 'TREC topics, judgements and a run of teacher scores; no texts of passages',
  holds: [
    'query id',
    'query text',
    'passage id',
    'every passage',
    'order of passages',
    'relevant or not',
    'grade',
    'teacher score',
    'teacher rank',
    'split',
  ],
  write: (folder, source, options) =>
    fillFiles(folder, source, options, async (example, files) => {
      const { query, passages, split } = example;
      const id = toFirstField(query.id);
      await files.append(`topics.${split}.tsv`, [`${id}\t${toTsvText(queryText(query))}`], split);
      const lines = passages.map(({ passage, grade }) => `${id} 0 ${toField(passage.id, 'space')} ${grade}`);
      await files.append(`qrels.${split}.txt`, lines, split);
      await files.append(`run.${split}.txt`, runLines(example), split);
      return lines.length;
    }),
  async *read(path, options) {
    const { corpus } = options;
    if (corpus === undefined) {
      throw new RankforgeError('usage', 'TREC files do not hold the texts of passages', {
        where: path,
        hint: 'Name the corpus too: a BEIR folder or its corpus.jsonl.',
      });
    }
    const folder = statSync(path, { throwIfNoEntry: false })?.isFile() ? dirname(path) : path;
    yield* judgedExamples(
      {
        qrels: filesOf(path, (name) => `qrels.${name}.txt`, options.split),
        queries: ({ name }) => readTsvQueries(join(folder, `topics.${name}.tsv`), options),
        passages: () => readCorpus(corpus, options),
        run: async ({ name }) => {
          const file = join(folder, `run.${name}.txt`);
          return statSync(file, { throwIfNoEntry: false }) ? readRun(file, options) : undefined;
        },
      },
      options,
    );
  },
};
