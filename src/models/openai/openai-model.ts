import { sha256 } from '../../core/hash.js';
import type { LanguageModel } from '../language-model.js';
import type { Price } from '../price.js';
import { ChatModel } from './chat-model.js';
import { detectFeatures } from './detect.js';
import type { ServerFeatures } from './features.js';
import { createServer } from './server.js';

export interface OpenaiOptions {
  /** The model's name on the server. */
  readonly model: string;
  /** @default 'https://api.openai.com/v1' */
  readonly baseUrl?: string;
  /** Never part of ids, errors or the ledger. */
  readonly apiKey?: string;
  /** Tokens. @default what the server says, else 32768 */
  readonly contextSize?: number;
  /** For one call, in milliseconds. @default 300000 */
  readonly timeoutMs?: number;
  readonly price?: Price;
  /** What the server can do, where it should not be asked, for instance to replay a ledger without it. @default asked */
  readonly features?: ServerFeatures;
  readonly signal?: AbortSignal;
}

const openaiUrl = 'https://api.openai.com/v1';

/**
 * A model behind OpenAI's API or any server that speaks it. What the server can do is asked once and stands in
 * `capabilities`; what it cannot is said in warnings, with the probability that was not seen. It never retries.
 * @throws RankforgeError `server-unreachable`, `refused-key`, `server-error`… when the server cannot be asked
 */
export async function openOpenai(options: OpenaiOptions): Promise<LanguageModel> {
  const { model, baseUrl = openaiUrl, apiKey, timeoutMs, contextSize, price, signal } = options;
  const server = createServer({ baseUrl, apiKey, timeoutMs });
  const key = sha256(JSON.stringify([server.where, model, apiKey ?? '']));
  const features = options.features ?? (await detectFeatures(server, model, key, signal));
  return new ChatModel(server, features, { adapter: 'openai', model, contextSize, price });
}
