import type { Readable, Writable } from 'node:stream';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { createMcpServers, type McpOptions } from './mcp-server.js';

export interface ServeStdioOptions extends McpOptions {
  readonly signal?: AbortSignal;
  /** @default process.stdin */
  readonly input?: Readable;
  /** Nothing else may be written there. @default process.stdout */
  readonly output?: Writable;
}

/** Speaks MCP over stdin and stdout until the client closes them or the signal aborts; what runs then is aborted. */
export async function serveStdio({
  signal,
  input = process.stdin,
  output = process.stdout,
  ...options
}: ServeStdioOptions): Promise<void> {
  signal?.throwIfAborted();
  const server = createMcpServers(options)();
  const ended = new Promise<void>((resolve) => {
    input.once('end', resolve);
    input.once('close', resolve);
    output.once('error', () => resolve());
    signal?.addEventListener('abort', () => resolve(), { once: true });
  });
  await server.connect(new StdioServerTransport(input, output));
  await ended;
  await server.close();
}
