import { isAbort, RankforgeError } from '../../core/errors.js';
import { createFlights } from '../door/flights.js';
import { openaiFeatures, type ServerFeatures } from './features.js';
import { openReader } from './open-reader.js';
import { askBrackets } from './reply-tokens.js';
import type { Server } from './server.js';
import { ChatReply, LlamaProps, ModelList, VllmCompletion, VllmVersion } from './wire.js';

const known = new Map<string, ServerFeatures>();
const flights = createFlights<ServerFeatures>();

/**
 * What a server can do with a model: asked once a process, by a few small requests to llama-server and vLLM, which say
 * what they are and how they tokenise labels, and by at most eight chat calls of a few tokens to any other.
 * @param key names the server, the model and whose key it is
 * @throws RankforgeError when the server cannot be asked at all; nothing is remembered then
 */
export async function detectFeatures(
  server: Server,
  model: string,
  key: string,
  signal?: AbortSignal,
): Promise<ServerFeatures> {
  const found = known.get(key);
  if (found) return found;
  // Shared, so that one caller's abort is not another's.
  const { value } = await flights.share(key, (shared) => detect(server, model, shared), signal);
  known.set(key, value);
  return value;
}

async function detect(server: Server, model: string, signal: AbortSignal): Promise<ServerFeatures> {
  const features = await askServer(server, model, signal);
  const reader = openReader(server, model, features);
  return reader ? { ...features, bracketsAlign: await askBrackets(reader, signal) } : features;
}

async function askServer(server: Server, model: string, signal: AbortSignal): Promise<ServerFeatures> {
  const props = await absentIsUndefined(server.get('/../props', LlamaProps, signal));
  const models = await absentIsUndefined(server.get('/models', ModelList, signal));
  if (props) {
    return {
      ...openaiFeatures,
      kind: 'llama-server',
      prefill: true,
      chosenTokens: true,
      contextSize: props.default_generation_settings.n_ctx || undefined,
      vocabulary: models?.data[0]?.meta?.n_vocab || undefined,
    };
  }
  const entry = models?.data.find(({ id }) => id === model);
  if (
    entry?.owned_by === 'vllm' &&
    (await absentIsUndefined(server.get('/../version', VllmVersion, signal)))
  ) {
    return {
      ...openaiFeatures,
      kind: 'vllm',
      prefill: true,
      chosenTokens: await vllmNamesTokens(server, model, signal),
      contextSize: entry.max_model_len || undefined,
    };
  }
  return negotiate(server, model, signal);
}

/** `logprob_token_ids` came in 2026; older servers ignore it and answer with their top tokens. */
async function vllmNamesTokens(server: Server, model: string, signal: AbortSignal): Promise<boolean> {
  const asked = [0, 1, 2, 3];
  const reply = await absentIsUndefined(
    server.post(
      '/completions',
      {
        model,
        prompt: 'Hi',
        max_tokens: 1,
        temperature: 0,
        logprobs: 1,
        logprob_token_ids: asked,
        return_tokens_as_token_ids: true,
      },
      VllmCompletion,
      signal,
    ),
  );
  const shown = reply?.choices[0]?.logprobs?.top_logprobs?.[0] ?? {};
  return asked.every((id) => `token_id:${id}` in shown);
}

/** Tries everything at once and gives up what the server names in its refusal. */
async function negotiate(server: Server, model: string, signal: AbortSignal): Promise<ServerFeatures> {
  let features = openaiFeatures;
  for (let tries = 0; ; tries++) {
    try {
      const reply = await server.post(
        '/chat/completions',
        {
          model,
          messages: [{ role: 'user', content: 'Say hello.' }],
          [features.maxTokensField]: 16,
          temperature: features.temperature ? 0 : undefined,
          ...(features.topLogprobs > 0 ? { logprobs: true, top_logprobs: features.topLogprobs } : {}),
        },
        ChatReply,
        signal,
      );
      const shown = reply.choices[0]!.logprobs?.content?.[0]?.top_logprobs?.length ?? 0;
      if (shown === 0) features = { ...features, topLogprobs: 0 };
      return { ...features, schema: await enforcesSchema(server, model, features, signal) };
    } catch (error) {
      const less = tries < 6 ? giveUp(features, error) : undefined;
      if (!less) throw error;
      features = less;
    }
  }
}

function giveUp(features: ServerFeatures, error: unknown): ServerFeatures | undefined {
  if (!isRefusal(error)) return undefined;
  const { message } = error as RankforgeError;
  if (/max_completion_tokens/.test(message) && features.maxTokensField === 'max_tokens') {
    return { ...features, maxTokensField: 'max_completion_tokens' };
  }
  if (/temperature/.test(message) && features.temperature) return { ...features, temperature: false };
  // Some servers show 5 at most, some none; few say which.
  if (features.topLogprobs > 5) return { ...features, topLogprobs: 5 };
  if (features.topLogprobs > 0) return { ...features, topLogprobs: 0 };
  return undefined;
}

const probeSchema = {
  type: 'object',
  properties: { probe: { type: 'string', enum: ['ok'] } },
  required: ['probe'],
  additionalProperties: false,
};

async function enforcesSchema(
  server: Server,
  model: string,
  features: ServerFeatures,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const reply = await server.post(
      '/chat/completions',
      {
        model,
        messages: [{ role: 'user', content: 'Say hello.' }],
        [features.maxTokensField]: 32,
        temperature: features.temperature ? 0 : undefined,
        response_format: {
          type: 'json_schema',
          json_schema: { name: 'probe', strict: true, schema: probeSchema },
        },
      },
      ChatReply,
      signal,
    );
    return (JSON.parse(reply.choices[0]!.message.content ?? '') as { probe?: unknown })?.probe === 'ok';
  } catch (error) {
    if (error instanceof SyntaxError || isRefusal(error)) return false;
    throw error;
  }
}

const isRefusal = (error: unknown): boolean =>
  error instanceof RankforgeError && error.code === 'server-error' && !error.retryable;

/** Undefined where the server answers but has no such route; unreachable, a refused key and busy are still errors. */
async function absentIsUndefined<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isAbort(error) || !(error instanceof RankforgeError)) throw error;
    if (isRefusal(error) || error.code === 'bad-reply') return undefined;
    // A gateway may guard what it does not know; the chat call will tell whether the key is right.
    if (error.code === 'refused-key') return undefined;
    throw error;
  }
}
