import type { Command } from 'commander';
import { RankforgeError } from '../../core/errors.js';
import { readApiKeys } from '../http/api-keys.js';
import { guards } from '../http/exposure.js';
import type { RequestEntry } from '../http/service.js';
import type { CliContext } from './cli-context.js';
import { integer } from './flags.js';
import { addRerankerFlags, type RerankerFlags } from './open-reranker.js';

/** What every server takes. */
export interface ServingFlags extends RerankerFlags {
  readonly host: string;
  readonly port: number;
  readonly apiKeyFile?: string;
  readonly allowOpen?: boolean;
  readonly maxDocuments: number;
  readonly maxBytes: number;
  readonly maxTotalBytes?: number;
  readonly timeLimit: number;
  readonly stopTimeout: number;
  readonly requests: number;
  readonly waiting: number;
  readonly quiet?: boolean;
}

/** Adds the flags of `ServingFlags`, those of the reranker among them. */
export const addServingFlags = (command: Command, { port }: { port: number }): Command =>
  addRerankerFlags(
    command
      .option('--host <name>', 'address to listen on', '127.0.0.1')
      .option('--port <n>', 'port to listen on; 0 is any free one', integer(0, 65_535), port)
      .option('--api-key-file <file>', 'keys that clients may use, one a line (or RANKFORGE_API_KEY)')
      .option('--allow-open', 'listen beyond this machine without a key')
      .option('--max-documents <n>', 'documents of one request', integer(1, 100_000), 1000)
      .option('--max-bytes <n>', 'bytes of one request', integer(1024), 8 * 2 ** 20)
      .option('--max-total-bytes <n>', 'bytes of all requests held at once (8 × --max-bytes)', integer(1024))
      .option('--time-limit <seconds>', 'a request may take, waiting included', integer(1, 86_400), 60)
      .option('--stop-timeout <seconds>', 'what runs may take to end after SIGTERM', integer(0, 86_400), 30)
      .option('--requests <n>', 'requests reranked at once', integer(1), 4)
      .option('--waiting <n>', 'requests that may wait; the next gets 429', integer(0), 64)
      .option('--quiet', 'no line on stderr for each request'),
  );

/** The flags as servers take them. @throws RankforgeError for a key file that cannot be used, or a host that would be open to all */
export async function servingOptions(given: ServingFlags, { stderr }: CliContext) {
  const {
    host,
    port,
    allowOpen,
    maxDocuments,
    maxBytes,
    maxTotalBytes,
    timeLimit,
    stopTimeout,
    requests,
    waiting,
  } = given;
  const apiKeys = await apiKeysOf(given);
  // Before anything is opened: a model that loads for minutes should not end in this refusal.
  guards({ host, apiKeys, allowOpen });
  return {
    host,
    port,
    allowOpen,
    apiKeys,
    maxDocuments,
    maxBytes,
    maxTotalBytes,
    timeLimit: timeLimit * 1000,
    stopTimeout: stopTimeout * 1000,
    concurrency: requests,
    waiting,
    onRequest: given.quiet ? undefined : (entry: RequestEntry) => stderr(`${JSON.stringify(entry)}\n`),
    onFailure: (cause: unknown, id: string) => {
      // Not by default: an error may quote what a client sent.
      if (process.env.RANKFORGE_DEBUG && cause instanceof Error) stderr(`${id}: ${cause.stack}\n`);
    },
  };
}

async function apiKeysOf({ apiKeyFile }: ServingFlags): Promise<string[]> {
  const fromEnvironment = process.env.RANKFORGE_API_KEY?.trim();
  if (fromEnvironment !== undefined && /^$|\s/.test(fromEnvironment)) {
    throw new RankforgeError('usage', 'RANKFORGE_API_KEY is empty or has a space in it', {
      where: 'RANKFORGE_API_KEY',
      hint: 'Give it one key, or unset it.',
    });
  }
  return [
    ...(apiKeyFile === undefined ? [] : await readApiKeys(apiKeyFile)),
    ...(fromEnvironment === undefined ? [] : [fromEnvironment]),
  ];
}

/** Resolves when the signal aborts. */
export const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
