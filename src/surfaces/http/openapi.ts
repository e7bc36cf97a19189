import { z } from 'zod';
import { packageVersion } from '../../core/version.js';
import { rerankPaths } from './shapes/detect.js';
import type { Shape } from './shapes/shape.js';

type Json = Record<string, unknown>;

const json = (schema: Json): Json => ({ content: { 'application/json': { schema } } });
const ref = (name: string): Json => ({ $ref: `#/components/schemas/${name}` });
const anyOf = (names: readonly string[]): Json =>
  names.length === 1 ? ref(names[0]!) : { anyOf: names.map(ref) };

/** The OpenAPI 3.1 document, made from the schemas that requests are read with. */
export function createOpenApi(): Json {
  const schemas: Json = {};
  const add = ({ name, Body, Reply, Failure }: Shape) => {
    for (const [part, schema, io] of [
      ['request', Body, 'input'],
      ['reply', Reply, 'output'],
      ['error', Failure, 'output'],
    ] as const) {
      const { $schema, ...rest } = z.toJSONSchema(schema, { io });
      schemas[`${name}-${part}`] = rest;
    }
  };
  const paths: Json = {};
  for (const [path, { shapes }] of Object.entries(rerankPaths)) {
    for (const shape of shapes) add(shape);
    const named = (part: string) => anyOf(shapes.map(({ name }) => `${name}-${part}`));
    const error = (description: string): Json => ({ description, ...json(named('error')) });
    paths[path] = {
      post: {
        operationId: `rerank ${path}`,
        summary: `Rerank documents (${shapes.map(({ summary }) => summary).join('; ')})`,
        requestBody: { required: true, ...json(named('request')) },
        responses: {
          200: { description: 'Best first', ...json(named('reply')) },
          400: error('Not a valid request (422 in the shapes of Jina and text-embeddings-inference)'),
          401: error('Invalid or missing API key'),
          413: error('The body, or in the shape of text-embeddings-inference the list, is too large'),
          415: error('The body is not sent as application/json'),
          422: error('Not a valid request'),
          429: error('Too many requests wait: try again after Retry-After seconds'),
          500: error('A bug'),
          502: error('The model failed (424 in the shape of text-embeddings-inference)'),
          503: error('The server is stopping, or its budget is used up'),
          504: error('Not done in time'),
        },
      },
    };
  }
  const get = (path: string, summary: string, type = 'application/json'): void => {
    paths[path] = {
      get: {
        operationId: path.slice(1),
        summary,
        responses: {
          200: {
            description: summary,
            content: { [type]: { schema: type === 'text/plain' ? {} : { type: 'object' } } },
          },
        },
      },
    };
  };
  get('/v1/models', 'The one model there is');
  get('/info', "What text-embeddings-inference's clients ask first");
  get('/health', 'Whether the process lives; needs no key');
  get('/ready', 'Whether it takes requests, 503 once it stops; needs no key');
  get('/metrics', 'Prometheus metrics', 'text/plain');
  get('/openapi.json', 'This document');
  return {
    openapi: '3.1.0',
    info: { title: 'rankforge', version: packageVersion, description: 'Rerank APIs over one reranker.' },
    security: [{ bearer: [] }, {}],
    paths,
    components: { schemas, securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
  };
}
