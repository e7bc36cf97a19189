import { z } from 'zod';
import { Problem } from '../problem.js';
import { defineShape, field, type RerankAnswer } from './shape.js';

// An object's texts are those of its rank_fields, or its `text`; what else it holds comes back with it.
const CohereDocument = z.union([z.string(), z.record(z.string(), z.unknown())]);
export type CohereDocument = z.infer<typeof CohereDocument>;
export const cohereDocuments = z.array(CohereDocument).min(1);

const Meta = z.object({
  api_version: z.object({ version: z.string() }),
  billed_units: z.object({ search_units: z.number().int() }),
  tokens: z.object({ input_tokens: z.number().int(), output_tokens: z.number().int() }),
  warnings: z.array(z.string()).optional(),
});

const Failure = z.object({ id: z.string(), message: z.string() });
const fail = ({ message }: Problem, id: string) => ({ id, message });

/** Cohere's `meta`. Nothing is billed here. */
export const cohereMeta = ({ usage, warnings }: RerankAnswer, version: string): z.infer<typeof Meta> => ({
  api_version: { version },
  billed_units: { search_units: 0 },
  tokens: { input_tokens: usage.promptTokens, output_tokens: usage.outputTokens },
  ...(warnings.length > 0 ? { warnings: warnings.map(({ code, message }) => `${code}: ${message}`) } : {}),
});

/** @throws Problem `invalid` for an object without any of its texts */
export function textOfCohereDocument(
  document: CohereDocument,
  index: number,
  rankFields?: readonly string[] | null,
): string {
  if (typeof document === 'string') return document;
  // Each once: a field that is named a million times would make a text of a million copies.
  const fields = [...new Set(rankFields?.length ? rankFields : ['text'])];
  const texts = fields.map((name) => document[name]).filter((value) => typeof value === 'string');
  if (texts.length > 0) return texts.join('\n');
  throw new Problem(
    'invalid',
    `documents.${index}: an object needs a text in ${fields.slice(0, 3).join(', ')}`,
  );
}

/** What comes back of a document: a text as an object with it, an object as it was sent. */
export const cohereDocument = (document: CohereDocument): Record<string, unknown> =>
  typeof document === 'string' ? { text: document } : document;

export const cohereV1 = defineShape({
  name: 'cohere-v1',
  summary: 'Cohere v1',
  Body: z.object({
    model: field.model,
    query: field.query,
    documents: cohereDocuments,
    top_n: field.top,
    rank_fields: z.array(z.string()).nullish(),
    return_documents: field.flag,
  }),
  Reply: z.object({
    id: z.string(),
    results: z.array(
      z.object({
        index: field.index,
        relevance_score: field.relevance,
        document: z.record(z.string(), z.unknown()).optional(),
      }),
    ),
    meta: Meta,
  }),
  Failure,
  request: ({ query, documents, rank_fields, top_n }) => ({
    query,
    documents: documents.map((document, index) => textOfCohereDocument(document, index, rank_fields)),
    top: top_n,
  }),
  reply: (answer, { documents, return_documents }) => ({
    id: answer.id,
    results: answer.results.map(({ index, relevance }) => ({
      ...(return_documents ? { document: cohereDocument(documents[index]!) } : {}),
      index,
      relevance_score: relevance,
    })),
    meta: cohereMeta(answer, '1'),
  }),
  fail,
});

export const cohereV2 = defineShape({
  name: 'cohere-v2',
  summary: 'Cohere v2',
  Body: z.object({
    model: field.model,
    query: field.query,
    documents: field.documents,
    top_n: field.top,
  }),
  Reply: z.object({
    id: z.string(),
    results: z.array(z.object({ index: field.index, relevance_score: field.relevance })),
    meta: Meta,
  }),
  Failure,
  request: ({ query, documents, top_n }) => ({ query, documents, top: top_n }),
  reply: (answer) => ({
    id: answer.id,
    results: answer.results.map(({ index, relevance }) => ({ index, relevance_score: relevance })),
    meta: cohereMeta(answer, '2'),
  }),
  fail,
});
