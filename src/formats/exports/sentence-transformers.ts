import type { Example } from '../../core/example.js';
import { passageText } from '../../core/passage.js';
import { atomicWrite } from '../atomic-write.js';
import { queryText, type RelevanceOptions, splitByRelevance } from './relevance.js';

export type SentenceTransformersRow = Readonly<
  Record<string, string | number | readonly string[] | readonly number[]>
>;

type Projection = (example: Example, options: RelevanceOptions) => SentenceTransformersRow[];

/** `anchor`, `positive`: one row a relevant passage, for MultipleNegativesRankingLoss. */
const pairs: Projection = (example, options) =>
  splitByRelevance(example, options).relevant.map(({ passage }) => ({
    anchor: queryText(example.query),
    positive: passageText(passage),
  }));

/** `anchor`, `positive`, `negative`: one row for each relevant and not relevant passage of a query. */
const triplets: Projection = (example, options) => {
  const { relevant, others } = splitByRelevance(example, options);
  return relevant.flatMap((positive) =>
    others.map((negative) => ({
      anchor: queryText(example.query),
      positive: passageText(positive.passage),
      negative: passageText(negative.passage),
    })),
  );
};

/** `query`, `docs`, `labels` with grades as labels: one row a query, for the listwise losses of CrossEncoder. */
const listwise: Projection = (example) => [
  {
    query: queryText(example.query),
    docs: example.passages.map(({ passage }) => passageText(passage)),
    labels: example.passages.map(({ grade }) => grade),
  },
];

/** `sentence1`, `sentence2`, `score`: one row a passage, its grade over 3, for CosineSimilarityLoss and BinaryCrossEntropyLoss. */
const scored: Projection = (example) =>
  example.passages.map(({ passage, grade }) => ({
    sentence1: queryText(example.query),
    sentence2: passageText(passage),
    score: grade / 3,
  }));

/** Triplets with `score`, the teacher's margin, for MarginMSELoss. Passages without a teacher's score give no row. */
const margins: Projection = (example, options) => {
  const { relevant, others } = splitByRelevance(example, options);
  return relevant.flatMap((positive) =>
    others.flatMap((negative) =>
      positive.teacherScore === undefined || negative.teacherScore === undefined
        ? []
        : [
            {
              anchor: queryText(example.query),
              positive: passageText(positive.passage),
              negative: passageText(negative.passage),
              score: positive.teacherScore - negative.teacherScore,
            },
          ],
    ),
  );
};

/** The row shapes that sentence-transformers' losses take; its `load_dataset("json")` reads the files as they are. */
export const sentenceTransformersShapes = { pairs, triplets, listwise, scored, margins } satisfies Record<
  string,
  Projection
>;
export type SentenceTransformersShape = keyof typeof sentenceTransformersShapes;

/** A score of 1 is written as 1.0: Arrow takes a column's type from its first lines, and whole numbers would make it integer. */
const toJson = (row: SentenceTransformersRow): string =>
  JSON.stringify(row).replace(/("score":-?\d+)\}$/, '$1.0}');

/**
 * Writes examples as JSONL rows of one shape, streamed, whole or not at all.
 * @returns rows written
 * @throws RankforgeError as `atomicWrite`
 */
export async function exportSentenceTransformers(
  path: string,
  examples: Iterable<Example> | AsyncIterable<Example>,
  options: RelevanceOptions & { readonly shape: SentenceTransformersShape; readonly signal?: AbortSignal },
): Promise<number> {
  let rows = 0;
  const project = sentenceTransformersShapes[options.shape];
  async function* lines(): AsyncGenerator<string> {
    for await (const example of examples) {
      for (const row of project(example, options)) {
        rows++;
        yield `${toJson(row)}\n`;
      }
    }
  }
  await atomicWrite(path, lines(), options);
  return rows;
}
