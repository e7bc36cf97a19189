import type { Candidates } from '../../core/candidates.js';
import type { Ranking } from '../../core/ranking.js';
import { packageVersion } from '../../core/version.js';
import { rankOf, type ServedReranker } from '../library/served-reranker.js';
import { createMetrics } from './metrics.js';
import { createOpenApi } from './openapi.js';
import { Problem } from './problem.js';
import { parseJson, readJson } from './read-json.js';
import { relevanceOf } from './relevance.js';
import { createService, type Service, type ServiceOptions } from './service.js';
import { detectShape, type RerankPath, rerankPaths } from './shapes/detect.js';
import type { RerankAnswer, RerankRequest } from './shapes/shape.js';
import { createWorkQueue } from './work-queue.js';

export interface RerankServiceOptions extends ServiceOptions {
  readonly reranker: ServedReranker;
  /** What clients see as the model. @default 'rankforge' */
  readonly name?: string;
  /** Requests reranked at a time. @default 4 */
  readonly concurrency?: number;
  /** Requests that may wait for their turn; the next is sent away with 429. @default 64 */
  readonly waiting?: number;
  /** Documents of one request. @default 1000 */
  readonly maxDocuments?: number;
  /** Bytes of one request's body. @default 8 MiB */
  readonly maxBytes?: number;
  /** Bytes of all requests and answers held at once; a body that would go beyond is sent away with 429. @default 8 × `maxBytes` */
  readonly maxTotalBytes?: number;
  /** Milliseconds that a request may take, waiting included. @default 60000 */
  readonly timeLimit?: number;
}

/** Documents may be objects, and hold some. */
const containersPerDocument = 100;

const routes = [...Object.keys(rerankPaths), '/v1/models', '/info', '/metrics', '/openapi.json'];

/** Rerank APIs in the shapes of Cohere, Jina, Voyage and text-embeddings-inference, over one reranker. */
export function createRerankService({
  reranker,
  name = 'rankforge',
  concurrency = 4,
  waiting = 64,
  maxDocuments = 1000,
  maxBytes = 8 * 2 ** 20,
  maxTotalBytes = 8 * maxBytes,
  timeLimit = 60_000,
  onRequest,
  ...options
}: RerankServiceOptions): Service {
  const rank = rankOf(reranker);
  const queue = createWorkQueue({ concurrency, waiting });
  const metrics = createMetrics(queue, name);
  const service = createService(
    {
      ...options,
      onRequest: (entry) => {
        metrics.onRequest(entry);
        onRequest?.(entry);
      },
    },
    {
      routes,
      timeLimit,
      maxTotalBytes,
      spellings: Object.fromEntries(Object.entries(rerankPaths).map(([path, { unread }]) => [path, unread])),
    },
  );
  const { app } = service;

  for (const path of Object.keys(rerankPaths) as RerankPath[]) {
    app.post(path, async (context) => {
      const { id, signal, entry, hold } = context.var;
      queue.checkRoom();
      const { incoming } = context.env ?? {};
      const bytes = await readJson(context.req.raw, { maxBytes, hold, incoming });
      // Parsed in its turn: it is work, and what is parsed takes more than its bytes.
      const { request, reply, ranking } = await queue.run(async () => {
        const body = parseJson(bytes, containersPerDocument * maxDocuments);
        const shape = detectShape(path, body);
        context.set('spelling', shape);
        Object.assign(entry, { shape: shape.name });
        checkCount(body, maxDocuments);
        const read = shape.read(body);
        return { ...read, ranking: await rank(candidatesOf(id, read.request), { signal }) };
      }, signal);
      metrics.onRanking(ranking);
      Object.assign(entry, logged(ranking));
      checkTruncation(request, ranking);
      const { kind, values } = relevanceOf(ranking);
      context.header('x-rankforge-scores', kind);
      const answer: RerankAnswer = {
        id,
        model: name,
        results: ranking.items.slice(0, request.top ?? undefined).map((item, rank) => ({
          index: Number(item.id),
          relevance: values[rank]!,
          score: item.score,
        })),
        usage: ranking.usage,
        warnings: ranking.warnings,
      };
      const text = JSON.stringify(reply(answer));
      hold.add(Buffer.byteLength(text));
      return context.body(text, 200, { 'content-type': 'application/json' });
    });
  }

  const created = Math.floor(Date.now() / 1000);
  app.get('/v1/models', (context) =>
    context.json({
      object: 'list',
      data: [{ id: name, object: 'model', created, owned_by: 'rankforge' }],
      // As Cohere's client reads it.
      models: [{ name, endpoints: ['rerank'], finetuned: false, is_deprecated: false }],
    }),
  );
  app.get('/info', (context) => context.json(info(name, { concurrency, maxDocuments })));
  app.get('/metrics', async (context) =>
    context.body(await metrics.registry.metrics(), 200, { 'content-type': metrics.registry.contentType }),
  );
  const openApi = createOpenApi();
  app.get('/openapi.json', (context) => context.json(openApi));
  return service;
}

/** Before the schema is tried on them: of a million documents it would be a long list of nothing. */
function checkCount({ documents, texts }: Readonly<Record<string, unknown>>, most: number): void {
  for (const list of [documents, texts]) {
    if (Array.isArray(list) && list.length > most)
      throw new Problem('too-many', `${list.length} documents are more than the ${most} of one request`);
  }
}

/** Documents are numbered by place, so equal texts are no trouble. */
const candidatesOf = (id: string, { query, documents }: RerankRequest): Candidates => ({
  query: { id, text: query },
  items: documents.map((text, index) => ({ passage: { id: String(index), text } })),
});

function checkTruncation({ refuseTruncation }: RerankRequest, { warnings }: Ranking): void {
  const cut = refuseTruncation ? warnings.find(({ code }) => code === 'truncated-passage') : undefined;
  if (cut) throw new Problem('invalid', `A document does not fit: ${cut.message}`);
}

const logged = ({ items, usage, warnings }: Ranking) => ({
  documents: items.length,
  calls: usage.calls,
  tokens: usage.promptTokens + usage.outputTokens,
  ...(warnings.length > 0 ? { warnings: [...new Set(warnings.map(({ code }) => code))] } : {}),
});

/** As text-embeddings-inference's `/info`; what a reranker as such does not have is 0 or null. */
const info = (
  name: string,
  { concurrency, maxDocuments }: { concurrency: number; maxDocuments: number },
) => ({
  model_id: name,
  model_sha: null,
  model_dtype: 'unknown',
  model_type: { reranker: { id2label: { '0': 'LABEL_0' }, label2id: { LABEL_0: 0 } } },
  max_concurrent_requests: concurrency,
  max_input_length: 0,
  max_batch_tokens: 0,
  max_batch_requests: null,
  max_client_batch_size: maxDocuments,
  auto_truncate: true,
  tokenization_workers: 1,
  version: packageVersion,
  sha: null,
  docker_label: null,
});
