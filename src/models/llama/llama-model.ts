import { open } from 'node:fs/promises';
import type {
  GbnfJsonSchema,
  LlamaContext,
  LlamaContextSequence,
  LlamaGrammar,
  LlamaGrammarEvaluationState,
  LlamaModel as NativeModel,
} from 'node-llama-cpp';
import { fromFileError, RankforgeError } from '../../core/errors.js';
import { canonicalJson } from '../../core/hash.js';
import { noUsage, type Usage } from '../../core/usage.js';
import { alignLabels, labelsAlign } from '../label-tokens.js';
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
import type { Weights } from '../weights/resolve.js';
import { type ChatFrame, createChatFrame } from './chat-frame.js';
import { toGrammarSchema } from './grammar-schema.js';
import { type GpuChoice, importLlama, type LlamaPackage, startLlama } from './load-llama.js';
import { checkMemory, freeMemory, outOfMemory } from './memory.js';
import { PrefixState } from './prefix-state.js';
import { Queue } from './queue.js';
import { writeReply } from './write-reply.js';

export interface LlamaOptions {
  readonly weights: Pick<Weights, 'id' | 'path' | 'sha256'>;
  /** Tokens, prompt and reply together; never more than the model was trained for. @default 8192 */
  readonly contextSize?: number;
  /** Threads of an evaluation on the processor. @default its physical cores */
  readonly threads?: number;
  /** `'auto'` uses a GPU whose binaries are installed, and the processor where there is none. @default 'auto' */
  readonly gpu?: GpuChoice;
  /** Bytes of memory that may be used; `Infinity` turns the check off. @default what is free */
  readonly memory?: number;
  readonly signal?: AbortSignal;
}

/** A model in this process, through llama.cpp. */
export interface LlamaLanguageModel extends LanguageModel {
  readonly threads: number;
  /** Prompt tokens evaluated since the model was opened: `usage.promptTokens` less what was reused. */
  readonly evaluatedTokens: number;
}

const defaultContextSize = 8192;
/** Tokens between two looks at the signal: at 150 tokens a second an abort waits for less than 2 s. */
const chunk = 256;

/**
 * Opens a GGUF file. Calls queue up: one runs at a time, and reuses the state of what its prompt shares with the one before.
 * @throws RankforgeError `missing-package`, `missing-file`, `bad-weights`, `out-of-memory` (before loading), `unsupported` without a chat template; the signal's reason
 */
export async function openLlama(options: LlamaOptions): Promise<LlamaLanguageModel> {
  const { weights, signal, gpu = 'auto' } = options;
  signal?.throwIfAborted();
  const size = await checkFile(weights.path);
  const llama = await startLlama(gpu);
  const nativePackage = await importLlama();
  // With a GPU, node-llama-cpp divides the layers between both memories and checks them.
  if (llama.gpu === false) checkMemory(size, options.memory ?? freeMemory(), weights.id);
  const ignoreMemorySafetyChecks = options.memory !== undefined;
  const fail = (error: unknown): unknown => {
    if (signal?.aborted) return signal.reason;
    if (error instanceof RankforgeError) return error;
    if (error instanceof nativePackage.InsufficientMemoryError) {
      return outOfMemory(`${weights.id} does not fit into memory: ${error.message}`, weights.id, error);
    }
    return new RankforgeError(
      'bad-weights',
      `${weights.id} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`,
      {
        where: weights.path,
        hint: 'The file is no GGUF that this version of llama.cpp reads, or it is damaged: fetch it again.',
        cause: error,
      },
    );
  };
  let model: NativeModel | undefined;
  try {
    model = await llama.loadModel({
      modelPath: weights.path,
      ignoreMemorySafetyChecks,
      ...(llama.gpu === false ? { gpuLayers: 0 } : {}),
      ...(signal ? { loadSignal: signal } : {}),
    });
    const frame = readFrame(model);
    const contextSize = Math.min(options.contextSize ?? defaultContextSize, model.trainContextSize - 1);
    const context = await model.createContext({
      // One cell stays free: node-llama-cpp shifts the context when the last one is reached.
      contextSize: contextSize + 1,
      batchSize: chunk * 2,
      threads: options.threads ?? llama.cpuMathCores,
      failedCreationRemedy: false,
      ignoreMemorySafetyChecks,
      ...(signal ? { createSignal: signal } : {}),
    });
    return new Model(nativePackage, {
      model,
      context,
      contextSize,
      frame,
      weights,
      threads: options.threads ?? llama.cpuMathCores,
    });
  } catch (error) {
    await model?.dispose();
    throw fail(error);
  }
}

/** The size of a file that begins as a GGUF does. node-llama-cpp warns on the console about what does not. */
async function checkFile(path: string): Promise<number> {
  try {
    const file = await open(path);
    try {
      const { buffer } = await file.read(Buffer.alloc(8), 0, 8, 0);
      if (buffer.toString('latin1', 0, 4) === 'GGUF' && [2, 3].includes(buffer.readUInt32LE(4))) {
        return (await file.stat()).size;
      }
    } finally {
      await file.close();
    }
  } catch (error) {
    throw fromFileError(error, path);
  }
  throw new RankforgeError('bad-weights', `${path} is no GGUF file of version 2 or 3`, {
    where: path,
    hint: 'Name a .gguf file; fetch it again if it should be one.',
  });
}

function readFrame(model: NativeModel): ChatFrame {
  const template = model.fileInfo.metadata.tokenizer?.chat_template;
  if (!template) {
    throw new RankforgeError('unsupported', 'The model has no chat template', {
      hint: 'Use an instruct model: its GGUF file carries tokenizer.chat_template.',
    });
  }
  const { bosString, eosString } = model.tokens;
  return createChatFrame(template, {
    ...(bosString ? { bos: bosString } : {}),
    ...(eosString ? { eos: eosString } : {}),
  });
}

// The generic form infers a result type from a literal schema; ours is not known before it runs.
type CreateGrammar = (schema: GbnfJsonSchema) => Promise<LlamaGrammar>;

interface Parts {
  readonly model: NativeModel;
  readonly context: LlamaContext;
  readonly contextSize: number;
  readonly frame: ChatFrame;
  readonly weights: LlamaOptions['weights'];
  readonly threads: number;
}

class Model implements LlamaLanguageModel {
  readonly id: string;
  readonly contextSize: number;
  readonly threads: number;
  readonly capabilities: ModelCapabilities = {
    nextToken: 'exact',
    likelihood: true,
    prefill: true,
    schema: true,
    seed: true,
  };
  readonly #native: LlamaPackage;
  readonly #parts: Parts;
  readonly #sequence: LlamaContextSequence;
  readonly #state: PrefixState;
  readonly #queue = new Queue();
  readonly #grammars = new Map<string, Promise<LlamaGrammar>>();

  constructor(native: LlamaPackage, parts: Parts) {
    this.#native = native;
    this.#parts = parts;
    this.#sequence = parts.context.getSequence();
    this.#state = new PrefixState(this.#sequence, chunk);
    this.id = `llama:${parts.weights.id}@${parts.weights.sha256.slice(0, 16)}`;
    this.contextSize = parts.contextSize;
    this.threads = parts.threads;
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
    const prompt = [...this.#promptTokens(request.messages), ...this.#plainTokens(request.prefill ?? '')];
    this.#checkRoom(prompt.length, request.maxTokens);
    const grammar = request.schema ? await this.#grammarState(request.schema) : undefined;
    const written = await this.#queue.run(async () => {
      await this.#state.hold(prompt.slice(0, -1), signal);
      const start = { lastToken: prompt.at(-1)!, request, ...(grammar ? { grammar } : {}) };
      return writeReply({ sequence: this.#sequence, model: this.#parts.model }, start, signal);
    }, signal);
    return { text: written.text, finish: written.finish, usage: usage(prompt.length, written.tokens) };
  }

  async nextToken(
    { messages, replies }: NextTokenRequest,
    { signal }: CallOptions = {},
  ): Promise<NextTokenReply> {
    signal?.throwIfAborted();
    const { prefix, labels } = alignLabels(
      replies.map((reply) => this.#plainTokens(reply)),
      this.#textOf,
    );
    const tokens = [...this.#promptTokens(messages), ...prefix];
    this.#checkRoom(tokens.length, 1);
    const [logProbabilities = []] = await this.#queue.run(
      () => this.#state.read(tokens, [{ index: tokens.length - 1, tokens: labels }], signal),
      signal,
    );
    // Rounding can take a sum of probabilities a hair above 1.
    const mass = Math.min(
      1,
      logProbabilities.reduce((sum, value) => sum + Math.exp(value), 0),
    );
    return { logProbabilities, mass, usage: usage(tokens.length, 0) };
  }

  async likelihood(
    { messages, continuation }: LikelihoodRequest,
    { signal }: CallOptions = {},
  ): Promise<LikelihoodReply> {
    signal?.throwIfAborted();
    const prompt = this.#promptTokens(messages);
    const reply = this.#plainTokens(continuation);
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
      usage: usage(prompt.length + reply.length, 0),
    };
  }

  countTokens(input: string | readonly Message[]): number {
    return (typeof input === 'string' ? this.#plainTokens(input) : this.#promptTokens(input)).length;
  }

  tellsApart(replies: readonly string[]): boolean {
    return labelsAlign(
      replies.map((reply) => this.#plainTokens(reply)),
      this.#textOf,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // What still runs (an aborted chunk) ends first.
    await this.#queue.run(async () => {
      await this.#parts.context.dispose();
      await this.#parts.model.dispose();
    });
  }

  readonly #textOf = (token: number): string => this.#parts.model.detokenize([token as never]);

  /** Text as text: what looks like a special token in it is none. */
  #plainTokens(text: string): number[] {
    return text === '' ? [] : this.#parts.model.tokenize(text, false, 'trimLeadingSpace');
  }

  #promptTokens(messages: readonly Message[]): number[] {
    const { model, frame } = this.#parts;
    const tokens: number[] = [];
    for (const piece of frame.render(messages)) {
      const found = piece.frame
        ? model.tokenize(piece.text, true, 'trimLeadingSpace')
        : this.#plainTokens(piece.text);
      for (const token of found) tokens.push(token);
    }
    const { bos, shouldPrependBosToken } = model.tokens;
    return shouldPrependBosToken && bos !== null && tokens[0] !== bos ? [bos, ...tokens] : tokens;
  }

  #checkRoom(promptTokens: number, replyTokens: number): void {
    if (promptTokens + replyTokens <= this.contextSize) return;
    throw new RankforgeError(
      'context-overflow',
      `${promptTokens} prompt tokens and ${replyTokens} for the reply do not fit into ${this.contextSize}`,
      {
        where: this.id,
        hint: 'Send fewer or shorter passages, or open the model with a larger contextSize.',
      },
    );
  }

  async #grammarState(schema: JsonSchema): Promise<LlamaGrammarEvaluationState> {
    const key = canonicalJson(schema);
    const { model } = this.#parts;
    const known =
      this.#grammars.get(key) ??
      (model.llama.createGrammarForJsonSchema as CreateGrammar).call(model.llama, toGrammarSchema(schema));
    this.#grammars.set(key, known);
    return new this.#native.LlamaGrammarEvaluationState({ model, grammar: await known });
  }
}

const usage = (promptTokens: number, outputTokens: number): Usage => ({
  ...noUsage,
  calls: 1,
  promptTokens,
  outputTokens,
});
