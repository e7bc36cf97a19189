import { cohereV1, cohereV2 } from './cohere.js';
import { common } from './common.js';
import { jina } from './jina.js';
import type { Shape } from './shape.js';
import { tei } from './tei.js';
import { voyage } from './voyage.js';

/** Each path, the shapes that it takes, and whose errors are told before the body is read. */
export const rerankPaths = {
  '/v1/rerank': { shapes: [cohereV1, jina, voyage, tei, common], unread: common },
  '/v2/rerank': { shapes: [cohereV2], unread: cohereV2 },
  '/rerank': { shapes: [tei, cohereV1, jina, voyage, common], unread: tei },
} as const satisfies Record<string, { readonly shapes: readonly Shape[]; readonly unread: Shape }>;

export type RerankPath = keyof typeof rerankPaths;

/**
 * Whose request it is, by the path and by what only that API has: a field, or the names of its models. Where nothing
 * tells, the common shape serves them all.
 */
export function detectShape(path: RerankPath, body: Readonly<Record<string, unknown>>): Shape {
  if (path === '/v2/rerank') return cohereV2;
  if ('texts' in body) return tei;
  const model = typeof body.model === 'string' ? body.model : '';
  if ('top_k' in body || 'truncation' in body || /^rerank-(lite-)?\d/.test(model)) return voyage;
  if ('rank_fields' in body || 'max_chunks_per_doc' in body) return cohereV1;
  if (/^rerank-(v\d|english|multilingual)/.test(model)) return cohereV1;
  if (model.startsWith('jina-')) return jina;
  return common;
}
