import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import { type ExposureOptions, guards } from '../http/exposure.js';
import { listen, type RunningServer } from '../http/listen.js';
import { problemStatus } from '../http/problem.js';
import { parseJson, readJson } from '../http/read-json.js';
import { createService, type ServiceOptions, type Spelling } from '../http/service.js';
import { createMcpServers, type McpOptions, toolFields } from './mcp-server.js';

export interface McpHttpOptions
  extends McpOptions,
    ExposureOptions,
    Pick<ServiceOptions, 'onRequest' | 'onFailure'> {
  /** Bytes of one request. @default 8 MiB */
  readonly maxBytes?: number;
  /** Bytes of all requests and answers held at once; a body that would go beyond is sent away with 429. @default 8 × `maxBytes` */
  readonly maxTotalBytes?: number;
  /** Milliseconds that a request may take, waiting included. @default 60000 */
  readonly timeLimit?: number;
}

/** Texts stand in one list; what else a request has is small. */
const maxContainers = 1000;

const jsonRpc: Spelling = {
  fields: toolFields,
  status: (kind) => problemStatus[kind],
  fail: ({ message }) => ({ jsonrpc: '2.0', error: { code: -32000, message }, id: null }),
};

/**
 * Serves MCP's streamable HTTP at `/mcp`, without sessions: each request stands for itself, so any number of processes can
 * stand behind one address.
 * @throws RankforgeError `usage` for a host or port that cannot be had, or that would be open to all
 */
export async function startMcpServer({
  maxBytes = 8 * 2 ** 20,
  maxTotalBytes = 8 * maxBytes,
  timeLimit = 60_000,
  onRequest,
  onFailure,
  ...options
}: McpHttpOptions): Promise<RunningServer> {
  const makeServer = createMcpServers(options);
  const service = createService(
    { ...guards(options), onRequest, onFailure },
    { routes: ['/mcp'], timeLimit, maxTotalBytes, spellings: { '/mcp': jsonRpc } },
  );
  service.app.post('/mcp', async (context) => {
    const { signal, hold } = context.var;
    const { incoming } = context.env ?? {};
    const parsedBody = parseJson(
      await readJson(context.req.raw, { maxBytes, hold, incoming }),
      maxContainers,
    );
    const server = makeServer();
    // One JSON answer in place of a stream: it ends within the limits, and there is nothing to resume.
    const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true });
    await server.connect(transport);
    let onAbort: (() => void) | undefined;
    try {
      const reply = await Promise.race([
        transport.handleRequest(context.req.raw, { parsedBody }),
        new Promise<never>((_, reject) => {
          onAbort = () => reject(signal.reason);
          signal.addEventListener('abort', onAbort, { once: true });
        }),
      ]);
      const text = await reply.text();
      hold.add(Buffer.byteLength(text));
      return new Response(text, reply);
    } finally {
      if (onAbort) signal.removeEventListener('abort', onAbort);
      // Aborts the tools that still run.
      await server.close();
    }
  });
  return listen(service, options);
}
