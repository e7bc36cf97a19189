import { RankforgeError } from '../../core/errors.js';
import type { Usage } from '../../core/usage.js';
import type { Warning } from '../../core/warning.js';
import { labelMass } from '../label-tokens.js';
import type {
  CallOptions,
  GenerateReply,
  GenerateRequest,
  LanguageModel,
  LikelihoodReply,
  LikelihoodRequest,
  Message,
  NextTokenReply,
  NextTokenRequest,
} from '../language-model.js';
import { callUsage, type Price } from '../price.js';
import { sampleSeed } from '../sample-seed.js';
import { estimateTokens } from './estimate-tokens.js';
import type { ServerFeatures } from './features.js';
import { openReader } from './open-reader.js';
import { differAtOnce, readLabels, sharedStart } from './read-labels.js';
import { alignReplies, repliesAlign } from './reply-tokens.js';
import type { Server } from './server.js';
import type { ServerToken, TokenReader } from './token-reader.js';
import { ChatReply } from './wire.js';

const defaultContextSize = 32_768;
/** A shared start such as `[` is a token or two; a model that has not written it by then will not. */
const startTokens = 8;

export interface ChatModelOptions {
  /** What the id begins with. */
  readonly adapter: 'openai' | 'huggingface';
  /** The model's name on the server. */
  readonly model: string;
  readonly contextSize?: number;
  readonly price?: Price;
}

/** A model behind a server that speaks OpenAI's chat completions, with what else it was found to do. */
export class ChatModel implements LanguageModel {
  readonly id: string;
  readonly contextSize: number;
  readonly capabilities: LanguageModel['capabilities'];
  readonly #server: Server;
  readonly #features: ServerFeatures;
  readonly #options: ChatModelOptions;
  readonly #reader: TokenReader | undefined;
  /** Tokens of replies seen so far: comparators ask for the same few again and again. */
  readonly #replyTokens = new Map<string, ServerToken[]>();

  constructor(server: Server, features: ServerFeatures, options: ChatModelOptions) {
    this.#server = server;
    this.#features = features;
    this.#options = options;
    this.#reader = openReader(server, options.model, features);
    this.id = `${options.adapter}:${options.model}@${server.where}`;
    this.contextSize = options.contextSize ?? features.contextSize ?? defaultContextSize;
    this.capabilities = {
      nextToken:
        this.#reader && features.chosenTokens
          ? 'exact'
          : features.topLogprobs > 0
            ? { topK: features.topLogprobs }
            : 'none',
      likelihood: this.#reader !== undefined,
      prefill: features.prefill,
      schema: features.schema,
      seed: true,
    };
  }

  async generate(request: GenerateRequest, { signal }: CallOptions = {}): Promise<GenerateReply> {
    const { maxTokens, temperature = 0, topP, seed, stop, schema, prefill } = request;
    const features = this.#features;
    const warnings: Warning[] = [];
    const warn = (code: string, message: string) => warnings.push({ code, message, id: this.id });
    if (!features.temperature && temperature !== 1)
      warn('no-temperature', 'The model takes no temperature: its own was used');
    if (schema && !features.schema)
      warn('schema-not-enforced', 'The server enforces no schema: the reply may not follow it');
    const reply = await this.#chat(
      request.messages,
      {
        [features.maxTokensField]: maxTokens,
        temperature: features.temperature ? temperature : undefined,
        top_p: topP,
        seed: seed === undefined ? undefined : sampleSeed(request),
        stop: stop?.length ? stop : undefined,
        response_format:
          schema && features.schema
            ? { type: 'json_schema', json_schema: { name: 'reply', strict: true, schema } }
            : undefined,
      },
      prefill,
      signal,
    );
    const { message, finish_reason } = reply.choices[0]!;
    const refused = Boolean(message.refusal) || finish_reason === 'content_filter';
    const text = (refused ? message.refusal : message.content) ?? message.content ?? '';
    const thinking = message.reasoning_content ?? message.reasoning ?? undefined;
    return {
      // llama-server repeats what it was given to continue.
      text: prefill && text.startsWith(prefill) ? text.slice(prefill.length) : text,
      finish: refused ? 'refused' : finish_reason === 'length' ? 'length' : 'stop',
      usage: this.#usage(reply, request.messages),
      ...(thinking ? { thinking } : {}),
      ...(warnings.length > 0 ? { warnings } : {}),
    };
  }

  async nextToken(request: NextTokenRequest, { signal }: CallOptions = {}): Promise<NextTokenReply> {
    return this.#reader
      ? this.#nextByToken(this.#reader, request, signal)
      : this.#nextByText(request, signal);
  }

  async likelihood(
    { messages, continuation }: LikelihoodRequest,
    { signal }: CallOptions = {},
  ): Promise<LikelihoodReply> {
    const reader = this.#reader;
    if (!reader) throw this.#unsupported('log-probabilities of a given reply');
    const prompt = await reader.prompt(messages, signal);
    const tokens = await reader.tokenize(continuation, signal);
    const { logProbability, promptTokens, outputTokens } = await reader.continuation(
      prompt,
      tokens.map(({ id }) => id),
      signal,
    );
    return {
      logProbability,
      tokens: tokens.length,
      usage: callUsage(promptTokens, outputTokens, this.#options.price),
    };
  }

  countTokens(input: string | readonly Message[]): number {
    return estimateTokens(input);
  }

  /** By the server's tokens where these replies were seen before, else by their characters. */
  tellsApart(replies: readonly string[]): boolean {
    const tokens = replies.map((reply) => this.#replyTokens.get(reply));
    if (tokens.every((known) => known !== undefined)) return repliesAlign(tokens);
    const { bracketsAlign = true } = this.#features;
    return differAtOnce(replies) && (bracketsAlign || !/[^\p{L}\p{N}\s]$/u.test(sharedStart(replies)));
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  async #nextByToken(
    reader: TokenReader,
    { messages, replies }: NextTokenRequest,
    signal?: AbortSignal,
  ): Promise<NextTokenReply> {
    const tokens = await Promise.all(replies.map((reply) => this.#tokensOf(reader, reply, signal)));
    const { prefix, labels } = alignReplies(tokens);
    const prompt = await reader.prompt(messages, signal);
    const { logProbabilities, promptTokens, outputTokens } = await reader.next(
      { parts: [...prompt.parts, ...prefix] },
      labels,
      signal,
    );
    const mass = labelMass(logProbabilities);
    const unseen = logProbabilities.filter((value) => value === null).length;
    return {
      logProbabilities,
      mass,
      usage: callUsage(promptTokens, outputTokens, this.#options.price),
      ...(unseen > 0
        ? {
            warnings: [
              {
                code: 'labels-not-shown',
                message: `${unseen} of ${replies.length} labels were not shown; ${(1 - mass).toFixed(4)} of the probability was not seen`,
                id: this.id,
              },
            ],
          }
        : {}),
    };
  }

  async #nextByText(
    { messages, replies, spellings = false }: NextTokenRequest,
    signal?: AbortSignal,
  ): Promise<NextTokenReply> {
    const { topLogprobs, maxTokensField, temperature, prefill } = this.#features;
    if (topLogprobs === 0) throw this.#unsupported('log-probabilities');
    const start = sharedStart(replies);
    const prefilled = prefill && start !== '' ? start : '';
    const reply = await this.#chat(
      messages,
      {
        [maxTokensField]: prefilled === start ? 1 : Math.min(startTokens, start.length + 1),
        temperature: temperature ? 0 : undefined,
        logprobs: true,
        top_logprobs: topLogprobs,
      },
      prefilled,
      signal,
    );
    const positions = reply.choices[0]!.logprobs?.content ?? [];
    const { logProbabilities, mass, warnings } = readLabels(
      positions.map(({ token, logprob, top_logprobs }) => ({
        token,
        logProbability: logprob,
        alternatives: (top_logprobs ?? []).map((other) => ({
          token: other.token,
          logProbability: other.logprob,
        })),
      })),
      replies,
      { prefilled, spellings: spellings ? 'most-probable' : 'sum' },
    );
    return {
      logProbabilities,
      mass,
      usage: this.#usage(reply, messages),
      ...(warnings.length > 0 ? { warnings: warnings.map((warning) => ({ ...warning, id: this.id })) } : {}),
    };
  }

  #chat(
    messages: readonly Message[],
    body: object,
    prefill: string | undefined,
    signal?: AbortSignal,
  ): Promise<ChatReply> {
    const { kind, prefill: continues } = this.#features;
    if (prefill && !continues) throw this.#unsupported('starting a reply for the model');
    return this.#server.post(
      '/chat/completions',
      {
        model: this.#options.model,
        messages: prefill ? [...messages, { role: 'assistant', content: prefill }] : messages,
        ...(prefill && kind === 'vllm' ? { continue_final_message: true, add_generation_prompt: false } : {}),
        ...body,
      },
      ChatReply,
      signal,
    );
  }

  async #tokensOf(reader: TokenReader, reply: string, signal?: AbortSignal): Promise<ServerToken[]> {
    const known = this.#replyTokens.get(reply);
    if (known) return known;
    const tokens = await reader.tokenize(reply, signal);
    if (this.#replyTokens.size < 10_000) this.#replyTokens.set(reply, tokens);
    return tokens;
  }

  /** Estimated where the server does not count: a budget would never run out there. */
  #usage({ usage, choices }: ChatReply, messages: readonly Message[]): Usage {
    return callUsage(
      usage?.prompt_tokens ?? estimateTokens(messages),
      usage?.completion_tokens ?? estimateTokens(choices[0]!.message.content ?? ''),
      this.#options.price,
    );
  }

  #unsupported(what: string): RankforgeError {
    return new RankforgeError('unsupported', `The server does not offer ${what}`, {
      where: this.#server.where,
      hint: 'Use another comparator, or a server that does: llama-server, vLLM, or the local models.',
    });
  }
}
