import { z } from 'zod';
import { defineShape, field, tokensOf } from './shape.js';

const JinaDocument = z.union([z.string(), z.object({ text: z.string() })]);
const textOf = (document: z.infer<typeof JinaDocument>): string =>
  typeof document === 'string' ? document : document.text;

export const jina = defineShape({
  name: 'jina',
  summary: 'Jina',
  Body: z.object({
    model: field.model,
    query: field.query,
    documents: z.array(JinaDocument).min(1),
    top_n: field.top,
    return_documents: z.boolean().nullish().describe('Whether texts come back. Default true.'),
  }),
  Reply: z.object({
    model: z.string(),
    object: z.literal('list'),
    usage: z.object({ total_tokens: z.number().int(), prompt_tokens: z.number().int() }),
    results: z.array(
      z.object({
        index: field.index,
        relevance_score: field.relevance,
        document: z.object({ text: z.string() }).optional(),
      }),
    ),
  }),
  Failure: z.object({ detail: z.string() }),
  statuses: { invalid: 422, 'too-many': 422 },
  request: ({ query, documents, top_n }) => ({ query, documents: documents.map(textOf), top: top_n }),
  reply: ({ model, usage, results }, { documents, return_documents }) => ({
    model,
    object: 'list',
    usage: { total_tokens: tokensOf(usage), prompt_tokens: usage.promptTokens },
    results: results.map(({ index, relevance }) => ({
      index,
      ...((return_documents ?? true) ? { document: { text: textOf(documents[index]!) } } : {}),
      relevance_score: relevance,
    })),
  }),
  fail: ({ message }) => ({ detail: message }),
});
