import { z } from 'zod';
import {
  type CohereDocument,
  cohereDocument,
  cohereDocuments,
  cohereMeta,
  cohereV1,
  textOfCohereDocument,
} from './cohere.js';
import { defineShape, field, tokensOf } from './shape.js';
import { voyage } from './voyage.js';

const textOf = (document: CohereDocument, index: number) => textOfCohereDocument(document, index);

/**
 * For a body that could be Cohere's, Jina's or Voyage's: a query, documents and a name. The answer has what each of their
 * clients reads: `results` (Cohere, Jina), `data` (Voyage), and both spellings of usage and errors.
 */
export const common = defineShape({
  name: 'common',
  summary: 'a body that Cohere, Jina and Voyage have in common; the answer serves a client of each',
  Body: z.object({
    model: field.model,
    query: field.query,
    documents: cohereDocuments,
    top_n: field.top,
    return_documents: field.flag,
  }),
  Reply: z.object({
    ...(cohereV1.Reply as z.ZodObject).shape,
    ...(voyage.Reply as z.ZodObject).shape,
    usage: z.object({ total_tokens: z.number().int(), prompt_tokens: z.number().int() }),
  }),
  Failure: z.object({ id: z.string(), message: z.string(), detail: z.string() }),
  request: ({ query, documents, top_n }) => ({ query, documents: documents.map(textOf), top: top_n }),
  reply: (answer, { documents, return_documents }) => {
    const { id, model, usage, results } = answer;
    return {
      id,
      object: 'list',
      model,
      results: results.map(({ index, relevance }) => ({
        ...(return_documents ? { document: cohereDocument(documents[index]!) } : {}),
        index,
        relevance_score: relevance,
      })),
      data: results.map(({ index, relevance }) => ({
        relevance_score: relevance,
        index,
        ...(return_documents ? { document: textOf(documents[index]!, index) } : {}),
      })),
      usage: { total_tokens: tokensOf(usage), prompt_tokens: usage.promptTokens },
      meta: cohereMeta(answer, '1'),
    };
  },
  fail: ({ message }, id) => ({ id, message, detail: message }),
});
