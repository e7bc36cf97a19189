import { z } from 'zod';
import type { ExamplePassage } from '../../core/example.js';
import type { Passage } from '../../core/passage.js';
import { type JsonRow, jsonRows } from './json-rows.js';
import { queryText, splitByRelevance } from './relevance.js';
import { addAll, assumedGrades, imported } from './row-groups.js';

// The trainer joins title and text, and Arrow wants every object to have the same keys.
const toRecord = ({ passage }: ExamplePassage): { [key: string]: string } => ({
  docid: passage.id,
  title: passage.title ?? '',
  text: passage.text,
});

const Id = z.union([z.string().min(1), z.int().transform(String)]);
const Document = z
  .object({ docid: Id, title: z.string().nullish(), text: z.string() })
  .transform(({ docid, title, text }): Passage => ({ id: docid, text, ...(title ? { title } : {}) }));

/** `query_id`, `query`, `positive_passages`, `negative_passages`: a line a query. The trainer draws from both lists. */
export const tevatron = jsonRows({
  summary: 'Tevatron: dense retrievers',
  needs: 'a relevant passage and another one',
  holds: ['query id', 'query text', 'passage id', 'passage text', 'title apart', 'relevant or not', 'split'],
  columns: () => [
    { name: 'query_id', type: 'text', description: "the query's id" },
    { name: 'query', type: 'text', description: 'the query' },
    ...(['positive', 'negative'] as const).flatMap((kind) =>
      (['docid', 'title', 'text'] as const).map((key) => ({
        name: `${kind}_passages`,
        key,
        type: 'text' as const,
        repeated: true,
        description: `${key} of each passage that is ${kind === 'positive' ? '' : 'not '}relevant`,
      })),
    ),
  ],
  rows: (example, options): JsonRow[] => {
    const { relevant, others } = splitByRelevance(example, options);
    if (relevant.length === 0 || others.length === 0) return [];
    return [
      {
        query_id: example.query.id,
        query: queryText(example.query),
        positive_passages: relevant.map(toRecord),
        negative_passages: others.map(toRecord),
      },
    ];
  },
  schema: z.object({
    query_id: Id,
    query: z.string().min(1),
    positive_passages: z.array(Document),
    negative_passages: z.array(Document),
  }),
  reader: (options) => ({
    query: (row) => ({ id: row.query_id, text: row.query }),
    add: (group, row) => {
      addAll(
        group,
        row.positive_passages.map((passage) => imported(passage, assumedGrades.relevant, options)),
      );
      addAll(
        group,
        row.negative_passages.map((passage) => imported(passage, assumedGrades.other, options)),
      );
    },
  }),
});
