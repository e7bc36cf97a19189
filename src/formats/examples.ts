import { z } from 'zod';
import type { Example } from '../core/example.js';
import { atomicWrite } from './atomic-write.js';
import { duplicateError, type ReadOptions, reportBadLine } from './bad-line.js';
import { readJsonLines } from './json-lines.js';
import { createLineIndex } from './line-index.js';

const Metadata = z.record(z.string(), z.unknown()).optional();
const Grade = z.union([z.literal(0), z.literal(1), z.literal(2), z.literal(3)]);

const ExamplePassage = z.strictObject({
  passage: z.strictObject({
    id: z.string().min(1),
    text: z.string(),
    title: z.string().optional(),
    metadata: Metadata,
  }),
  grade: Grade,
  kind: z.enum(['positive', 'hard-negative', 'random']),
  origin: z.union([
    z.literal('corpus'),
    z.literal('judged'),
    z.literal(['generated:negative', 'edited:missing', 'edited:wrong']),
    z.templateLiteral(['mined:', z.string()]),
    z.templateLiteral(['generated:', Grade]),
  ]),
  teacherScore: z.number().optional(),
  teacherRank: z.int().positive().optional(),
  hardness: z.number().min(0).max(1).optional(),
  margin: z.number().optional(),
  reason: z.string().optional(),
});

const Provenance = z.strictObject({
  packageVersion: z.string(),
  recipeHash: z.string().optional(),
  promptId: z.string().optional(),
  promptHash: z.string().optional(),
  modelId: z.string().optional(),
  weightsHash: z.string().optional(),
  seed: z.number().optional(),
});

/** One example as files have it; strict, so a misspelt key is an error. */
export const ExampleLine: z.ZodType<Example> = z.strictObject({
  query: z.strictObject({
    id: z.string().min(1),
    text: z.string(),
    instruction: z.string().optional(),
    metadata: Metadata,
  }),
  passages: z
    .array(ExamplePassage)
    .refine(
      (items) => new Set(items.map(({ passage }) => passage.id)).size === items.length,
      'the same passage twice',
    ),
  split: z.enum(['train', 'validation', 'test']),
  thinking: z
    .strictObject({
      text: z.string(),
      passageIds: z.array(z.string()),
      ranking: z.array(z.string()).optional(),
    })
    .refine(
      ({ passageIds, ranking }) =>
        !ranking || ranking.toSorted().join('\n') === passageIds.toSorted().join('\n'),
      'ranking does not hold the passages of passageIds, each once',
    )
    .optional(),
  ledgerKeys: z.array(z.string()),
  provenance: Provenance.optional(),
});

/**
 * Training examples from JSONL, one a query, streamed.
 * @throws RankforgeError `missing-file`, `bad-line`, `duplicate-id` for a query that has two lines
 */
export async function* readExamples(path: string, options: ReadOptions = {}): AsyncGenerator<Example> {
  const seen = createLineIndex();
  for await (const { value, line, raw } of readJsonLines(path, ExampleLine, options)) {
    const earlier = seen.add(value.query.id, line);
    if (earlier === undefined) {
      yield value;
      continue;
    }
    const error = duplicateError(path, line, `the example of query "${value.query.id}"`, earlier);
    reportBadLine({ path, line, raw, error }, options);
  }
}

/** Writes examples as JSONL, whole or not at all. @throws RankforgeError as `atomicWrite` */
export async function writeExamples(
  path: string,
  examples: Iterable<Example> | AsyncIterable<Example>,
  options: { signal?: AbortSignal } = {},
): Promise<void> {
  await atomicWrite(path, exampleLines(examples), options);
}

async function* exampleLines(examples: Iterable<Example> | AsyncIterable<Example>): AsyncGenerator<string> {
  for await (const example of examples) yield `${JSON.stringify(example)}\n`;
}
