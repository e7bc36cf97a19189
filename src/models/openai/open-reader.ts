import type { ServerFeatures } from './features.js';
import { createLlamaServerReader } from './llama-server.js';
import type { Server } from './server.js';
import type { TokenReader } from './token-reader.js';
import { createVllmReader } from './vllm.js';

/** How a server's tokens are read, or undefined where it shows none. */
export function openReader(
  server: Server,
  model: string,
  { kind, vocabulary, chosenTokens }: ServerFeatures,
): TokenReader | undefined {
  if (kind === 'llama-server') return createLlamaServerReader(server, vocabulary);
  if (kind === 'vllm') return createVllmReader(server, model, chosenTokens);
  return undefined;
}
