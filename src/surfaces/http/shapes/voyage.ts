import { z } from 'zod';
import { defineShape, field, tokensOf } from './shape.js';

export const voyage = defineShape({
  name: 'voyage',
  summary: 'Voyage',
  Body: z.object({
    model: field.model,
    query: field.query,
    documents: field.documents,
    top_k: field.top,
    return_documents: field.flag,
    truncation: z.boolean().nullish().describe('false: a document that does not fit is an error.'),
  }),
  Reply: z.object({
    object: z.literal('list'),
    data: z.array(
      z.object({ relevance_score: field.relevance, index: field.index, document: z.string().optional() }),
    ),
    model: z.string(),
    usage: z.object({ total_tokens: z.number().int() }),
  }),
  Failure: z.object({ detail: z.string() }),
  request: ({ query, documents, top_k, truncation }) => ({
    query,
    documents,
    top: top_k,
    refuseTruncation: truncation === false,
  }),
  reply: ({ model, usage, results }, { documents, return_documents }) => ({
    object: 'list',
    data: results.map(({ index, relevance }) => ({
      relevance_score: relevance,
      index,
      ...(return_documents ? { document: documents[index]! } : {}),
    })),
    model,
    usage: { total_tokens: tokensOf(usage) },
  }),
  fail: ({ message }) => ({ detail: message }),
});
