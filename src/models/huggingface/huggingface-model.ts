import { sha256 } from '../../core/hash.js';
import type { LanguageModel } from '../language-model.js';
import { ChatModel } from '../openai/chat-model.js';
import { detectFeatures } from '../openai/detect.js';
import type { ServerFeatures } from '../openai/features.js';
import type { Price } from '../price.js';
import { createHuggingfaceServer } from './huggingface-server.js';

export interface HuggingfaceOptions {
  /** The model's name on the hub. */
  readonly model: string;
  /** Never part of ids, errors or the ledger. */
  readonly token?: string;
  /** A dedicated endpoint or a server of one's own. @default the hub's router */
  readonly endpointUrl?: string;
  /** Who answers, where there is no endpoint. @default 'auto' */
  readonly provider?: string;
  /** Tokens. @default 32768 */
  readonly contextSize?: number;
  /** For one call, in milliseconds. @default 300000 */
  readonly timeoutMs?: number;
  readonly price?: Price;
  /** What the model can do, where it should not be asked. @default asked by a few small calls, once a process */
  readonly features?: ServerFeatures;
  readonly signal?: AbortSignal;
}

/**
 * A chat model through @huggingface/inference. It never retries.
 * @throws RankforgeError `server-unreachable`, `refused-key`, `server-error`… when the model cannot be asked
 */
export async function openHuggingface(options: HuggingfaceOptions): Promise<LanguageModel> {
  const { model, token, endpointUrl, provider, contextSize, price, timeoutMs = 300_000, signal } = options;
  const server = createHuggingfaceServer({ endpointUrl, provider, token, timeoutMs });
  const key = sha256(JSON.stringify(['huggingface', server.where, model, token ?? '']));
  const features = options.features ?? (await detectFeatures(server, model, key, signal));
  return new ChatModel(server, features, { adapter: 'huggingface', model, contextSize, price });
}
