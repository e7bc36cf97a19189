import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { RequestHandlerExtra } from '@modelcontextprotocol/sdk/shared/protocol.js';
import type { CallToolResult, ServerNotification, ServerRequest } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';
import type { Candidates } from '../../core/candidates.js';
import { RankforgeError } from '../../core/errors.js';
import type { OnProgress } from '../../core/progress.js';
import type { Ranking } from '../../core/ranking.js';
import { packageVersion } from '../../core/version.js';
import { Problem } from '../http/problem.js';
import { relevanceOf } from '../http/relevance.js';
import { type FieldNames, spellField } from '../http/spell-field.js';
import { createWorkQueue } from '../http/work-queue.js';
import { rankOf, type ServedReranker } from '../library/served-reranker.js';
import type { PassageSearch } from './passage-search.js';

export interface McpOptions {
  readonly reranker: ServedReranker;
  /** With it there is a tool `search`. */
  readonly search?: PassageSearch;
  /** Documents of one call. @default 1000 */
  readonly maxDocuments?: number;
  /** Characters of one document, and of a query. @default 100000 */
  readonly maxCharacters?: number;
  /** Calls at work at a time. @default 4 */
  readonly concurrency?: number;
  /** Calls that may wait for their turn. @default 64 */
  readonly waiting?: number;
}

/** What the tools call what hints name. */
export const toolFields: FieldNames = { documents: 'documents' };

type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;

const result = {
  rank: z.number().int().describe('From 1'),
  score: z.number().describe('0 to 1, higher is better'),
  text: z.string(),
};
const scores = z
  .enum(['probability', 'order'])
  .describe('probability: scores are P(relevant); order: they say the order and nothing else');
const warnings = z.array(z.string()).describe('What went other than asked, for instance a text that was cut');

/** A maker of MCP servers over one reranker, each for one connection; all of them share the places at work. */
export function createMcpServers({
  reranker,
  search,
  maxDocuments = 1000,
  maxCharacters = 100_000,
  concurrency = 4,
  waiting = 64,
}: McpOptions): () => McpServer {
  const order = rankOf(reranker);
  const queue = createWorkQueue({ concurrency, waiting });
  const query = z.string().min(1).max(maxCharacters).describe('The question or search query');
  const top = z.number().int().min(1).max(maxDocuments).optional();

  /** What is found is found in its turn too: embedding a query is work. */
  const rank = (find: () => Promise<Candidates> | Candidates, extra: Extra): Promise<Ranking> => {
    const { signal } = extra;
    return queue.run(async () => order(await find(), { signal, onProgress: reportTo(extra) }), signal);
  };

  return () => {
    const server = new McpServer(
      { name: 'rankforge', version: packageVersion },
      { maxToolInputElements: maxDocuments + 10 },
    );
    server.registerTool(
      'rerank',
      {
        title: 'Rerank documents',
        description:
          'Orders documents by how well each answers a query, best first. Use it on search results before reading them.',
        inputSchema: {
          query,
          documents: z.array(z.string().max(maxCharacters)).min(1).max(maxDocuments).describe('The texts'),
          top_n: top.describe('Results wanted; all where absent'),
        },
        outputSchema: {
          results: z.array(
            z.object({ ...result, index: z.number().int().describe('Place in documents, from 0') }),
          ),
          scores,
          warnings,
        },
        annotations: { readOnlyHint: true, openWorldHint: false },
      },
      (call, extra) =>
        answer(async () => {
          const ranking = await rank(
            () => ({
              query: { id: 'rerank', text: call.query },
              items: call.documents.map((text, index) => ({ passage: { id: String(index), text } })),
            }),
            extra,
          );
          return told(ranking, call.top_n, (id) => ({
            index: Number(id),
            text: call.documents[Number(id)]!,
          }));
        }),
    );
    if (search) {
      server.registerTool(
        'search',
        {
          title: 'Search passages',
          description: `Finds the passages that answer a query best, among ${search.passages.size}.`,
          inputSchema: { query, top_n: top.describe('Results wanted, 10 where absent') },
          outputSchema: {
            results: z.array(z.object({ ...result, id: z.string(), title: z.string().optional() })),
            scores,
            warnings,
          },
          annotations: { readOnlyHint: true, openWorldHint: false },
        },
        (call, extra) =>
          answer(async () => {
            const ranking = await rank(() => search.retrieve(call.query, extra), extra);
            return told(ranking, call.top_n ?? 10, (id) => {
              const { title, text } = search.passages.get(id)!;
              return { id, ...(title ? { title } : {}), text };
            });
          }),
      );
    }
    return server;
  };
}

function told(ranking: Ranking, top: number | undefined, describe: (id: string) => Record<string, unknown>) {
  const { kind, values } = relevanceOf(ranking);
  return {
    results: ranking.items
      .slice(0, top)
      .map(({ id, rank }, index) => ({ rank, score: values[index]!, ...describe(id) })),
    scores: kind,
    warnings: ranking.warnings.map(({ code, message }) => `${code}: ${message}`),
  };
}

/** A result as data and, for clients without data, as text; a failure as an error that the model can read. */
async function answer(work: () => Promise<Record<string, unknown>>): Promise<CallToolResult> {
  try {
    const structuredContent = await work();
    return { content: [{ type: 'text', text: JSON.stringify(structuredContent) }], structuredContent };
  } catch (error) {
    return { content: [{ type: 'text', text: explain(error) }], isError: true };
  }
}

function explain(error: unknown): string {
  if (error instanceof RankforgeError) return `${error.message}. ${error.hintIn(spellField(toolFields))}`;
  if (error instanceof Problem) {
    return error.retryAfter ? `${error.message}; try again in ${error.retryAfter} s` : error.message;
  }
  return 'Internal error: this is a bug';
}

/** Progress for clients that asked for it. */
function reportTo({ _meta, sendNotification }: Extra): OnProgress | undefined {
  const progressToken = _meta?.progressToken;
  if (progressToken === undefined) return undefined;
  return ({ done, total }) => {
    // A client that is gone shows in the answer, not here.
    sendNotification({
      method: 'notifications/progress',
      params: { progressToken, progress: done, total },
    }).catch(() => {});
  };
}
