import type { AIMessage } from '@langchain/core/messages';
import { isAbort, RankforgeError } from '../../core/errors.js';
import type { Warning } from '../../core/warning.js';
import type { GenerateReply, GenerateRequest, LanguageModel, Message } from '../language-model.js';
import { withDeadline } from '../openai/deadline.js';
import { estimateTokens } from '../openai/estimate-tokens.js';
import { fromConnection, fromStatus } from '../openai/server-errors.js';
import { callUsage, type Price } from '../price.js';

/** Role and text of each message. */
type ChatInput = [role: string, content: string][];
interface CallOptions {
  signal?: AbortSignal;
  stop?: string[];
}

/**
 * What is asked of a chat model: every `BaseChatModel` of `@langchain/core` is one. That class is not named, since these
 * types are there without its package.
 */
export interface LangchainChat {
  _llmType(): string;
  invoke(input: ChatInput, options?: CallOptions): Promise<unknown>;
  withStructuredOutput(
    schema: Record<string, unknown>,
    config: { includeRaw: true },
  ): { invoke(input: ChatInput, options?: CallOptions): Promise<{ raw: unknown; parsed: unknown }> };
}

export interface LangchainOptions {
  /** Any chat model of LangChain. Its own retries should be off: the limits in front of it retry. */
  readonly chat: LangchainChat;
  /** Part of every ledger key: name the model and what it was set up with. @default the kind of the model and its name */
  readonly id?: string;
  /** Tokens. @default 32768 */
  readonly contextSize?: number;
  /** For one call, in milliseconds. @default 300000 */
  readonly timeoutMs?: number;
  readonly price?: Price;
  /** Whether schemas go through `withStructuredOutput`. @default false: the caller checks the reply */
  readonly structuredOutput?: boolean;
}

/**
 * A LangChain chat model. It writes, and shows no log-probabilities. Temperature, top-p, seed and the most tokens are
 * those it was made with; a warning says so where a request sets one of the first three.
 */
export function fromLangchain(options: LangchainOptions): LanguageModel {
  const { chat, contextSize = 32_768, timeoutMs = 300_000, price, structuredOutput = false } = options;
  const id = options.id ?? `langchain:${chat._llmType()}:${nameOf(chat)}`;
  const unsupported = (what: string): RankforgeError =>
    new RankforgeError('unsupported', `LangChain's models do not offer ${what}`, {
      where: id,
      hint: 'Use a comparator that only needs text, or open the model through its own adapter.',
    });

  async function ask(
    { messages, schema, stop }: GenerateRequest,
    signal: AbortSignal,
  ): Promise<{ message: AIMessage; text: string }> {
    const input = messages.map(({ role, content }): ChatInput[number] => [role, content]);
    const call = { signal, stop: stop?.length ? [...stop] : undefined };
    if (schema && structuredOutput) {
      const structured = chat.withStructuredOutput(schema, { includeRaw: true });
      const { raw, parsed } = await structured.invoke(input, call);
      const message = raw as AIMessage;
      // Null where the reply did not parse: the caller's own check then sees what was written.
      return { message, text: parsed ? JSON.stringify(parsed) : message.text };
    }
    const message = (await chat.invoke(input, call)) as AIMessage;
    return { message, text: message.text };
  }

  return {
    id,
    contextSize,
    capabilities: {
      nextToken: 'none',
      likelihood: false,
      prefill: false,
      schema: structuredOutput,
      seed: false,
    },
    async generate(request, { signal } = {}) {
      if (request.prefill) throw unsupported('starting a reply for the model');
      const { message, text } = await withDeadline((inner) => ask(request, inner), {
        signal,
        timeoutMs,
        where: id,
      }).catch((error: unknown) => {
        throw signal?.aborted ? error : typed(error, id);
      });
      const warnings = settingsWarnings(request, structuredOutput, id);
      return {
        text,
        finish: finishOf(message),
        usage: callUsage(
          message.usage_metadata?.input_tokens ?? estimateTokens(request.messages),
          message.usage_metadata?.output_tokens ?? estimateTokens(text),
          price,
        ),
        ...(warnings.length > 0 ? { warnings } : {}),
      };
    },
    nextToken: () => Promise.reject(unsupported('log-probabilities of chosen tokens')),
    likelihood: () => Promise.reject(unsupported('log-probabilities of a given reply')),
    countTokens: (input: string | readonly Message[]) => estimateTokens(input),
    tellsApart: () => false,
    async [Symbol.asyncDispose]() {},
  };
}

function nameOf(chat: LangchainChat): string {
  const { model, modelName } = chat as { model?: unknown; modelName?: unknown };
  return String(model ?? modelName ?? 'unnamed');
}

function settingsWarnings(
  { temperature, topP, seed, schema }: GenerateRequest,
  structured: boolean,
  id: string,
): Warning[] {
  const warnings: Warning[] = [];
  const ignored = Object.entries({ temperature, topP, seed })
    .filter(([, value]) => value !== undefined)
    .map(([name]) => name);
  if (ignored.length > 0) {
    warnings.push({
      code: 'settings-ignored',
      message: `LangChain's model keeps its own ${ignored.join(', ')}`,
      id,
    });
  }
  if (schema && !structured) {
    warnings.push({
      code: 'schema-not-enforced',
      message: 'No schema is enforced: the reply may not follow it',
      id,
    });
  }
  return warnings;
}

function finishOf({ response_metadata: metadata }: AIMessage): GenerateReply['finish'] {
  const reason = String(
    metadata.finish_reason ?? metadata.stop_reason ?? metadata.done_reason ?? 'stop',
  ).toLowerCase();
  if (/length|max_tokens/.test(reason)) return 'length';
  return /content_filter|refus|safety/.test(reason) ? 'refused' : 'stop';
}

/** Providers' clients name the status in different places, and their errors may carry the request: only the words are kept. */
function typed(error: unknown, where: string): unknown {
  if (error instanceof RankforgeError || isAbort(error) || !(error instanceof Error)) return error;
  const { status, statusCode, response } = error as {
    status?: unknown;
    statusCode?: unknown;
    response?: { status?: unknown };
  };
  const found = Number(status ?? statusCode ?? response?.status);
  if (found >= 400) {
    const headers = (error as { headers?: { get?: (name: string) => string | null } }).headers;
    return fromStatus(
      { status: found, message: error.message, retryAfter: headers?.get?.('retry-after') ?? null },
      where,
    );
  }
  // Of fetch's own error the root is the system's; a client's may hold the request, and with it the key.
  if (error.message === 'fetch failed') return fromConnection(error, where);
  if (/ECONN|ENOTFOUND|Connection error/.test(error.message))
    return fromConnection(new Error(error.message), where);
  return new RankforgeError('server-error', `The model failed: ${error.message}`, {
    where,
    hint: 'Look at what the provider says.',
  });
}
