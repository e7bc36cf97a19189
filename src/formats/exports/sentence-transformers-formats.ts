import { z } from 'zod';
import type { Grade } from '../../core/judgement.js';
import type { Column, ExportFormat, ImportOptions } from './export-format.js';
import { jsonRows } from './json-rows.js';
import { addAll, assumedGrades, imported, type RowReader, textPassage, textQuery } from './row-groups.js';
import { sentenceTransformersShapes as shapes } from './sentence-transformers.js';

const textColumn = (name: string, description: string): Column => ({ name, type: 'text', description });
const anchor = textColumn('anchor', 'the query');
const positive = textColumn('positive', 'a relevant passage');
const negative = textColumn('negative', 'a passage that is not relevant');

const relevant = (text: string, options: ImportOptions) =>
  imported(textPassage(text), assumedGrades.relevant, options);
const other = (text: string, options: ImportOptions) =>
  imported(textPassage(text), assumedGrades.other, options);

const pairs = jsonRows({
  summary: 'sentence-transformers: query and relevant passage',
  needs: 'a relevant passage',
  holds: ['query text', 'passage text', 'relevant or not', 'split'],
  columns: () => [anchor, positive],
  rows: shapes.pairs,
  schema: z.object({ anchor: z.string().min(1), positive: z.string() }),
  reader: (options) => ({
    query: (row) => textQuery(row.anchor),
    add: (group, row) => addAll(group, [relevant(row.positive, options)]),
  }),
});

const triplets = jsonRows({
  summary: 'sentence-transformers: query, relevant passage, one that is not',
  needs: 'a relevant passage and another one',
  holds: ['query text', 'passage text', 'relevant or not', 'split'],
  columns: () => [anchor, positive, negative],
  rows: shapes.triplets,
  schema: z.object({ anchor: z.string().min(1), positive: z.string(), negative: z.string() }),
  reader: (options) => ({
    query: (row) => textQuery(row.anchor),
    add: (group, row) => addAll(group, [relevant(row.positive, options), other(row.negative, options)]),
  }),
});

const negativeKey = /^negative(_\d+)?$/;

const tuples = jsonRows({
  summary: 'sentence-transformers: query, relevant passage, several that are not',
  needs: 'a relevant passage and as many others as a row has negatives',
  holds: ['query text', 'passage text', 'relevant or not', 'split'],
  columns: ({ negatives = 4 }) => [
    anchor,
    positive,
    ...Array.from({ length: negatives }, (_, index) => ({ ...negative, name: `negative_${index + 1}` })),
  ],
  rows: shapes.tuples,
  schema: z
    .looseObject({ anchor: z.string().min(1), positive: z.string() })
    .transform(({ anchor, positive, ...rest }, { issues }) => {
      const found = Object.entries(rest).filter(([key]) => negativeKey.test(key));
      const bad = found.find(([, text]) => typeof text !== 'string');
      if (bad) issues.push({ code: 'custom', message: 'expected string', path: [bad[0]], input: bad[1] });
      return { anchor, positive, negatives: found.map(([, text]) => String(text)) };
    }),
  reader: (options) => ({
    query: (row) => textQuery(row.anchor),
    add: (group, row) =>
      addAll(group, [relevant(row.positive, options), ...row.negatives.map((text) => other(text, options))]),
  }),
});

const listwise = jsonRows({
  summary: 'sentence-transformers: query, passages, their grades',
  holds: [
    'query text',
    'passage text',
    'every passage',
    'order of passages',
    'relevant or not',
    'grade',
    'split',
  ],
  columns: () => [
    textColumn('query', 'the query'),
    { ...textColumn('docs', 'its passages'), repeated: true },
    { name: 'labels', type: 'integer', description: 'their grades, 0 to 3', repeated: true },
  ],
  rows: shapes.listwise,
  schema: z
    .object({
      query: z.string().min(1),
      docs: z.array(z.string()),
      labels: z.array(z.literal([0, 1, 2, 3])),
    })
    .refine(({ docs, labels }) => docs.length === labels.length, 'docs and labels differ in number'),
  reader: (options) => ({
    query: (row) => textQuery(row.query),
    add: (group, row) =>
      addAll(
        group,
        row.docs.map((text, index) => imported(textPassage(text), row.labels[index]!, options)),
      ),
  }),
});

const scored = jsonRows({
  summary: 'sentence-transformers: query, passage, its grade over 3',
  holds: listwise.holds,
  columns: () => [
    textColumn('sentence1', 'the query'),
    textColumn('sentence2', 'a passage'),
    { name: 'score', type: 'number', description: 'its grade over 3' },
  ],
  rows: shapes.scored,
  decimals: ['score'],
  schema: z.object({
    sentence1: z.string().min(1),
    sentence2: z.string(),
    score: z.number().min(0).max(1),
  }),
  reader: (options) => ({
    query: (row) => textQuery(row.sentence1),
    add: (group, row) =>
      addAll(group, [imported(textPassage(row.sentence2), Math.round(row.score * 3) as Grade, options)]),
  }),
});

interface MarginRow {
  readonly anchor: string;
  readonly positive: string;
  readonly negative: string;
  readonly score: number;
}

/** Scores up to a constant: the first positive has 0, and every row says how far apart two passages are. */
const marginReader = (options: ImportOptions): RowReader<MarginRow> => ({
  query: (row) => textQuery(row.anchor),
  add: ({ passages }, row) => {
    const [better, worse] = [textPassage(row.positive), textPassage(row.negative)];
    const known = passages.get(worse.id)?.teacherScore;
    const above = passages.get(better.id)?.teacherScore ?? (known === undefined ? 0 : known + row.score);
    const add = (passage: typeof better, grade: Grade, teacherScore: number) => {
      if (!passages.has(passage.id))
        passages.set(passage.id, imported(passage, grade, options, { teacherScore }));
    };
    add(better, assumedGrades.relevant, above);
    add(worse, assumedGrades.other, above - row.score);
  },
});

const margins = jsonRows({
  summary: "sentence-transformers: triplets with the teacher's margin",
  needs: "a relevant passage and another one, both with a teacher's score",
  holds: ['query text', 'passage text', 'relevant or not', 'split'],
  columns: () => [
    anchor,
    positive,
    negative,
    { name: 'score', type: 'number', description: "the teacher's score of one less that of the other" },
  ],
  rows: shapes.margins,
  decimals: ['score'],
  schema: z.object({
    anchor: z.string().min(1),
    positive: z.string(),
    negative: z.string(),
    score: z.number(),
  }),
  reader: marginReader,
});

/** One format a shape, named `sentence-transformers-SHAPE`. */
export const sentenceTransformers = {
  'sentence-transformers-pairs': pairs,
  'sentence-transformers-triplets': triplets,
  'sentence-transformers-tuples': tuples,
  'sentence-transformers-scored': scored,
  'sentence-transformers-listwise': listwise,
  'sentence-transformers-margins': margins,
} satisfies Record<string, ExportFormat>;
