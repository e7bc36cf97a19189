import type { Example, ExamplePassage } from '../../core/example.js';
import { passageText } from '../../core/passage.js';
import { randomStream, shuffle } from '../../core/random.js';
import { atomicWrite } from '../atomic-write.js';
import type { ExportOptions } from './export-format.js';
import { type JsonRow, jsonRow } from './json-rows.js';
import { queryText, splitByRelevance } from './relevance.js';

type Projection = (example: Example, options: ExportOptions) => JsonRow[];

const textOf = ({ passage }: ExamplePassage): string => passageText(passage);

/** `anchor`, `positive`: one row a relevant passage, for MultipleNegativesRankingLoss. */
const pairs: Projection = (example, options) =>
  splitByRelevance(example, options).relevant.map((item) => ({
    anchor: queryText(example.query),
    positive: textOf(item),
  }));

/** `anchor`, `positive`, `negative`: one row for each relevant and not relevant passage of a query. */
const triplets: Projection = (example, options) => {
  const { relevant, others } = splitByRelevance(example, options);
  return relevant.flatMap((positive) =>
    others.map((negative) => ({
      anchor: queryText(example.query),
      positive: textOf(positive),
      negative: textOf(negative),
    })),
  );
};

/** `anchor`, `positive`, `negative_1` to `negative_n`, drawn where there are more. Every row has to have all columns. */
const tuples: Projection = (example, options) => {
  const { seed = 7, negatives: count = 4 } = options;
  const { relevant, others } = splitByRelevance(example, options);
  if (others.length < count) return [];
  return relevant.map((positive) => {
    const drawn = shuffle(others, randomStream(seed, 'tuple', example.query.id, positive.passage.id));
    const negatives = drawn.slice(0, count).map((item, index) => [`negative_${index + 1}`, textOf(item)]);
    return {
      anchor: queryText(example.query),
      positive: textOf(positive),
      ...Object.fromEntries(negatives),
    };
  });
};

/** `query`, `docs`, `labels` with grades as labels: one row a query, for the listwise losses of CrossEncoder. */
const listwise: Projection = (example) =>
  example.passages.length === 0
    ? []
    : [
        {
          query: queryText(example.query),
          docs: example.passages.map(textOf),
          labels: example.passages.map(({ grade }) => grade),
        },
      ];

/** `sentence1`, `sentence2`, `score`: one row a passage, its grade over 3, for CosineSimilarityLoss and BinaryCrossEntropyLoss. */
const scored: Projection = (example) =>
  example.passages.map((item) => ({
    sentence1: queryText(example.query),
    sentence2: textOf(item),
    score: item.grade / 3,
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
              positive: textOf(positive),
              negative: textOf(negative),
              score: positive.teacherScore - negative.teacherScore,
            },
          ],
    ),
  );
};

/** The row shapes that sentence-transformers' losses take; its `load_dataset("json")` reads the files as they are. */
export const sentenceTransformersShapes = {
  pairs,
  triplets,
  tuples,
  listwise,
  scored,
  margins,
} satisfies Record<string, Projection>;
export type SentenceTransformersShape = keyof typeof sentenceTransformersShapes;

/**
 * Writes examples as JSONL rows of one shape, streamed, whole or not at all. `exportExamples` writes one file a split.
 * @returns rows written
 * @throws RankforgeError as `atomicWrite`
 */
export async function exportSentenceTransformers(
  path: string,
  examples: Iterable<Example> | AsyncIterable<Example>,
  options: ExportOptions & { readonly shape: SentenceTransformersShape },
): Promise<number> {
  let rows = 0;
  const project = sentenceTransformersShapes[options.shape];
  async function* lines(): AsyncGenerator<string> {
    for await (const example of examples) {
      for (const row of project(example, options)) {
        rows++;
        yield `${jsonRow(row, ['score'])}\n`;
      }
    }
  }
  await atomicWrite(path, lines(), options);
  return rows;
}
