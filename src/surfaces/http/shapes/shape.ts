import { z } from 'zod';
import type { Usage } from '../../../core/usage.js';
import type { Warning } from '../../../core/warning.js';
import { Problem, type ProblemKind, problemStatus } from '../problem.js';
import type { FieldNames } from '../spell-field.js';

/** What every rerank API asks for, however it is spelled. */
export interface RerankRequest {
  readonly query: string;
  readonly documents: readonly string[];
  /** Results wanted. @default all */
  readonly top?: number | null;
  /** Whether a document that does not fit is an error and not cut. */
  readonly refuseTruncation?: boolean;
}

interface RerankResult {
  /** Of the document, from 0, as it was sent. */
  readonly index: number;
  /** 0 to 1, falling: see `relevanceOf`. */
  readonly relevance: number;
  /** The reranker's own, on any scale. */
  readonly score: number;
}

/** What every rerank API answers. */
export interface RerankAnswer {
  /** The request's id. */
  readonly id: string;
  readonly model: string;
  /** Best first, at most as many as were wanted. */
  readonly results: readonly RerankResult[];
  readonly usage: Usage;
  readonly warnings: readonly Warning[];
}

/** One API's spelling of requests, answers and errors. */
export interface Shape {
  readonly name: string;
  /** For the OpenAPI document. */
  readonly summary: string;
  readonly Body: z.ZodType;
  readonly Reply: z.ZodType;
  readonly Failure: z.ZodType;
  /** The request in a parsed JSON body, and how it is answered. @throws Problem `invalid` */
  read(body: unknown): { readonly request: RerankRequest; reply(answer: RerankAnswer): unknown };
  /** What it calls what hints name. */
  readonly fields: FieldNames;
  status(kind: ProblemKind): number;
  fail(problem: Problem, id: string): unknown;
}

interface ShapeDefinition<Body extends z.ZodType> {
  readonly name: string;
  readonly summary: string;
  readonly Body: Body;
  readonly Reply: z.ZodType;
  readonly Failure: z.ZodType;
  /** Where this API's statuses differ from the usual. */
  readonly statuses?: Partial<Record<ProblemKind, number>>;
  /** @default that of the documents is `documents` */
  readonly fields?: FieldNames;
  request(body: z.output<Body>): RerankRequest;
  reply(answer: RerankAnswer, body: z.output<Body>): unknown;
  fail(problem: Problem, id: string): unknown;
}

export function defineShape<Body extends z.ZodType>({
  statuses = {},
  fields = { documents: 'documents' },
  request,
  reply,
  ...definition
}: ShapeDefinition<Body>): Shape {
  return {
    ...definition,
    fields,
    status: (kind) => statuses[kind] ?? problemStatus[kind],
    read(body) {
      const parsed = definition.Body.safeParse(body);
      if (!parsed.success) throw new Problem('invalid', explain(parsed.error));
      return { request: request(parsed.data), reply: (answer) => reply(answer, parsed.data) };
    },
  };
}

/** The first three issues: a list of ten thousand numbers in place of texts has as many. */
const explain = ({ issues }: z.ZodError): string =>
  issues
    .slice(0, 3)
    .map(({ path, message }) => (path.length > 0 ? `${path.join('.')}: ${message}` : message))
    .join('; ');

/** Fields that several APIs have. Clients in Python send null for what was not given. */
export const field = {
  model: z.string().nullish().describe('Any name: the server has one reranker, and the answer names it.'),
  query: z.string().min(1),
  documents: z.array(z.string()).min(1),
  top: z.number().int().min(1).nullish().describe('Results wanted; more than there are documents is all.'),
  flag: z.boolean().nullish(),
  index: z.number().int().min(0),
  relevance: z.number().min(0).max(1),
} as const;

export const tokensOf = ({ promptTokens, outputTokens }: Usage): number => promptTokens + outputTokens;
