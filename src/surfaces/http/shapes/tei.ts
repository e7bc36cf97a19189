import { z } from 'zod';
import type { ProblemKind } from '../problem.js';
import { defineShape, field } from './shape.js';

const ErrorType = z.enum(['Unhealthy', 'Backend', 'Overloaded', 'Validation', 'Tokenizer']);

const errorTypes: Partial<Record<ProblemKind, z.infer<typeof ErrorType>>> = {
  overloaded: 'Overloaded',
  stopping: 'Unhealthy',
  timeout: 'Backend',
  'model-failed': 'Backend',
  internal: 'Backend',
};

/** Hugging Face's text-embeddings-inference. It cuts what does not fit, as a server of theirs with auto-truncate does. */
export const tei = defineShape({
  name: 'tei',
  summary: 'text-embeddings-inference',
  Body: z.object({
    query: field.query,
    texts: z.array(z.string()).min(1),
    raw_scores: z.boolean().nullish().describe("true: the reranker's own scores, on any scale."),
    return_text: field.flag,
  }),
  Reply: z.array(z.object({ index: field.index, score: z.number(), text: z.string().optional() })),
  Failure: z.object({ error: z.string(), error_type: ErrorType }),
  statuses: { invalid: 422, 'too-many': 413, 'model-failed': 424 },
  fields: { documents: 'texts' },
  request: ({ query, texts }) => ({ query, documents: texts }),
  reply: ({ results }, { texts, raw_scores, return_text }) =>
    results.map(({ index, relevance, score }) => ({
      index,
      ...(return_text ? { text: texts[index]! } : {}),
      score: raw_scores ? score : relevance,
    })),
  fail: ({ message, kind }) => ({ error: message, error_type: errorTypes[kind] ?? 'Validation' }),
});
