import { z } from 'zod';
import type { Example, ExamplePassage } from '../../core/example.js';
import { passageText } from '../../core/passage.js';
import { readJsonLines } from '../json-lines.js';
import type { ExampleSource, ExportFormat, ExportOptions, ImportOptions } from './export-format.js';
import { type JsonRow, jsonRow } from './json-rows.js';
import { splitByRelevance } from './relevance.js';
import { addAll, assumedGrades, groupRows, imported, type RowReader, textPassage } from './row-groups.js';
import { filesOf, idOfText, writeLines } from './split-files.js';

/** Columns that the trainer takes for granted in every row as soon as one has them. */
interface WholeColumns {
  readonly prompts: boolean;
  readonly scores: boolean;
}

/** A missing prompt would be read as the word None, and a missing score as no number: a column is written whole or not at all. */
async function wholeColumns(source: ExampleSource, options: ExportOptions): Promise<WholeColumns> {
  let [prompts, scores] = [false, true];
  for await (const example of source()) {
    options.signal?.throwIfAborted();
    prompts ||= Boolean(example.query.instruction);
    scores &&= example.passages.every(({ teacherScore }) => teacherScore !== undefined);
  }
  return { prompts, scores };
}

const texts = (items: readonly ExamplePassage[]): string[] =>
  items.map(({ passage }) => passageText(passage));
const scoresOf = (items: readonly ExamplePassage[]): number[] =>
  items.map(({ teacherScore }) => teacherScore!);

/** The trainer draws from both lists, so a query without a passage in one of them gives no row. */
function rows(example: Example, options: ExportOptions, { prompts, scores }: WholeColumns): JsonRow[] {
  const { relevant, others } = splitByRelevance(example, options);
  if (relevant.length === 0 || others.length === 0) return [];
  return [
    {
      query: example.query.text,
      pos: texts(relevant),
      neg: texts(others),
      ...(scores ? { pos_scores: scoresOf(relevant), neg_scores: scoresOf(others) } : {}),
      ...(prompts ? { prompt: example.query.instruction ?? '' } : {}),
      type: 'normal',
    },
  ];
}

const Scores = z.array(z.number()).nullish();
const Line = z
  .object({
    query: z.string().min(1),
    pos: z.array(z.string()),
    neg: z.array(z.string()),
    pos_scores: Scores,
    neg_scores: Scores,
    prompt: z.string().nullish(),
  })
  .refine(
    ({ pos, pos_scores }) => !pos_scores || pos_scores.length === pos.length,
    'pos and pos_scores differ in number',
  )
  .refine(
    ({ neg, neg_scores }) => !neg_scores || neg_scores.length === neg.length,
    'neg and neg_scores differ in number',
  );

const reader = (options: ImportOptions): RowReader<z.infer<typeof Line>> => ({
  query: ({ query: text, prompt }) => ({
    id: idOfText('q', prompt ? `${text}\n${prompt}` : text),
    text,
    ...(prompt ? { instruction: prompt } : {}),
  }),
  add: (group, { pos, neg, pos_scores, neg_scores }) => {
    const add = (list: readonly string[], grade: 0 | 3, scores: readonly number[] | null | undefined) =>
      addAll(
        group,
        list.map((text, index) =>
          imported(textPassage(text), grade, options, scores ? { teacherScore: scores[index]! } : {}),
        ),
      );
    add(pos, assumedGrades.relevant, pos_scores);
    add(neg, assumedGrades.other, neg_scores);
  },
});

/** `query`, `pos`, `neg`, `pos_scores`, `neg_scores`, `prompt`, `type`: a line a query. The instruction is its prompt. */
export const flagEmbedding: ExportFormat = {
  summary: 'FlagEmbedding: BGE embedders and rerankers',
  needs: 'a relevant passage and another one',
  holds: ['query text', 'instruction apart', 'passage text', 'relevant or not', 'teacher score', 'split'],
  columns: () => [
    { name: 'query', type: 'text', description: 'the query' },
    { name: 'pos', type: 'text', description: 'relevant passages', repeated: true },
    { name: 'neg', type: 'text', description: 'passages that are not relevant', repeated: true },
    { name: 'type', type: 'text', description: 'how the trainer batches it' },
  ],
  write: async (folder, source, options) => {
    const whole = await wholeColumns(source, options);
    return writeLines(folder, source, options, (example) =>
      rows(example, options, whole).map((row) => jsonRow(row, ['pos_scores', 'neg_scores'])),
    );
  },
  async *read(path, options) {
    for (const file of filesOf(path, (name) => `${name}.jsonl`, options.split)) {
      const lines = readJsonLines(file.path, Line, options);
      yield* groupRows(lines, file.path, file.split, reader(options), options);
    }
  },
};
