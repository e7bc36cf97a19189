import type {
  GbnfJsonSchema,
  LlamaContextSequence,
  LlamaGrammar,
  LlamaGrammarEvaluationState,
} from 'node-llama-cpp';
import { RankforgeError } from '../../core/errors.js';
import { canonicalJson } from '../../core/hash.js';
import { labelMass } from '../label-tokens.js';
import type {
  CallOptions,
  GenerateReply,
  GenerateRequest,
  JsonSchema,
  LanguageModel,
  LikelihoodReply,
  LikelihoodRequest,
  Message,
  ModelCapabilities,
  NextTokenReply,
  NextTokenRequest,
} from '../language-model.js';
import { callUsage } from '../price.js';
import { toGrammarSchema } from './grammar-schema.js';
import type { LlamaOptions } from './llama-options.js';
import { type LoadedModel, loadModel } from './load-model.js';
import { PrefixState } from './prefix-state.js';
import { PromptTokens } from './prompt-tokens.js';
import { Queue } from './queue.js';
import { writeReply } from './write-reply.js';

/** A model in this process, through llama.cpp. */
export interface LlamaLanguageModel extends LanguageModel {
  readonly threads: number;
  /** Prompt tokens evaluated since the model was opened: `usage.promptTokens` less what was reused. */
  readonly evaluatedTokens: number;
}

/** Tokens between two looks at the signal: at 150 tokens a second an abort waits for less than 2 s. */
const chunk = 256;

/**
 * Opens a GGUF file. Calls queue up: one runs at a time, and reuses the state of what its prompt shares with the one before.
 * @throws RankforgeError `missing-package`, `missing-file`, `bad-weights`, `out-of-memory` (before loading), `unsupported` without a chat template; the signal's reason
 */
export async function openLlama(options: LlamaOptions): Promise<LlamaLanguageModel> {
  const { id, sha256 } = options.weights;
  // The prefix state evaluates up to 319 tokens at once: a chunk, or the last one with a rest that is too small alone.
  const loaded = await loadModel(options, 2 * chunk);
  try {
    return new Model(loaded, `llama:${id}@${sha256.slice(0, 16)}`);
  } catch (error) {
    await loaded.model.dispose();
    throw error;
  }
}

// The generic form infers a result type from a literal schema; ours is not known before it runs.
type CreateGrammar = (schema: GbnfJsonSchema) => Promise<LlamaGrammar>;

class Model implements LlamaLanguageModel {
  readonly capabilities: ModelCapabilities = {
    nextToken: 'exact',
    likelihood: true,
    prefill: true,
    schema: true,
    seed: true,
  };
  readonly contextSize: number;
  readonly threads: number;
  readonly #loaded: LoadedModel;
  readonly #tokens: PromptTokens;
  readonly #sequence: LlamaContextSequence;
  readonly #state: PrefixState;
  readonly #queue = new Queue();
  readonly #grammars = new Map<string, Promise<LlamaGrammar>>();

  constructor(
    loaded: LoadedModel,
    readonly id: string,
  ) {
    this.#loaded = loaded;
    this.contextSize = loaded.contextSize;
    this.threads = loaded.threads;
    this.#tokens = new PromptTokens(loaded.model);
    this.#sequence = loaded.context.getSequence();
    this.#state = new PrefixState(this.#sequence, chunk);
  }

  get evaluatedTokens(): number {
    return this.#state.evaluatedTokens;
  }

  async generate(request: GenerateRequest, { signal }: CallOptions = {}): Promise<GenerateReply> {
    signal?.throwIfAborted();
    if (request.schema && request.prefill) {
      throw new RankforgeError('unsupported', 'A reply cannot be prefilled and held to a schema at once', {
        hint: 'Leave out prefill, or schema.',
      });
    }
    const prompt = [
      ...this.#tokens.ofMessages(request.messages),
      ...this.#tokens.ofText(request.prefill ?? ''),
    ];
    this.#checkRoom(prompt.length, request.maxTokens);
    const grammar = request.schema ? await this.#grammarState(request.schema) : undefined;
    const written = await this.#queue.run(async () => {
      await this.#state.hold(prompt.slice(0, -1), signal);
      const start = { lastToken: prompt.at(-1)!, request, grammar };
      return writeReply({ sequence: this.#sequence, model: this.#loaded.model }, start, signal);
    }, signal);
    return { text: written.text, finish: written.finish, usage: callUsage(prompt.length, written.tokens) };
  }

  async nextToken(
    { messages, replies, spellings = false }: NextTokenRequest,
    { signal }: CallOptions = {},
  ): Promise<NextTokenReply> {
    signal?.throwIfAborted();
    const { prefix, labels } = this.#tokens.align(replies);
    const tokens = [...this.#tokens.ofMessages(messages), ...prefix];
    this.#checkRoom(tokens.length, 1);
    const spelled = spellings ? this.#tokens.spell(labels) : labels.map((label) => [label]);
    const [read = []] = await this.#queue.run(
      () => this.#state.read(tokens, [{ index: tokens.length - 1, tokens: spelled.flat() }], signal),
      signal,
    );
    const left = [...read];
    const logProbabilities = spelled.map(({ length }) => Math.max(...left.splice(0, length)));
    return { logProbabilities, mass: labelMass(read), usage: callUsage(tokens.length, 0) };
  }

  async likelihood(
    { messages, continuation }: LikelihoodRequest,
    { signal }: CallOptions = {},
  ): Promise<LikelihoodReply> {
    signal?.throwIfAborted();
    const prompt = this.#tokens.ofMessages(messages);
    const reply = this.#tokens.ofText(continuation);
    this.#checkRoom(prompt.length, reply.length);
    // The last token of the continuation is only asked for, never evaluated.
    const tokens = [...prompt, ...reply.slice(0, -1)];
    const readings = reply.map((token, offset) => ({ index: prompt.length - 1 + offset, tokens: [token] }));
    const read =
      reply.length === 0
        ? []
        : await this.#queue.run(() => this.#state.read(tokens, readings, signal), signal);
    return {
      logProbability: read.reduce((sum, [value]) => sum + value!, 0),
      tokens: reply.length,
      usage: callUsage(prompt.length + reply.length, 0),
    };
  }

  countTokens(input: string | readonly Message[]): number {
    return (typeof input === 'string' ? this.#tokens.ofText(input) : this.#tokens.ofMessages(input)).length;
  }

  tellsApart(replies: readonly string[]): boolean {
    return this.#tokens.tellsApart(replies);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // What still runs (an aborted chunk) ends first.
    await this.#queue.run(async () => {
      await this.#loaded.context.dispose();
      await this.#loaded.model.dispose();
    });
  }

  #checkRoom(promptTokens: number, replyTokens: number): void {
    if (promptTokens + replyTokens <= this.contextSize) return;
    throw new RankforgeError(
      'context-overflow',
      `${promptTokens} prompt tokens and ${replyTokens} for the reply do not fit into ${this.contextSize}`,
      {
        where: this.id,
        hint: (spell) =>
          `Give fewer or shorter ${spell('documents')}, or raise ${spell('contextSize')} of the model.`,
      },
    );
  }

  async #grammarState(schema: JsonSchema): Promise<LlamaGrammarEvaluationState> {
    const key = canonicalJson(schema);
    const { native, model } = this.#loaded;
    const known =
      this.#grammars.get(key) ??
      (model.llama.createGrammarForJsonSchema as CreateGrammar).call(model.llama, toGrammarSchema(schema));
    this.#grammars.set(key, known);
    return new native.LlamaGrammarEvaluationState({ model, grammar: await known });
  }
}
