import type { Message } from '../language-model.js';

/** A prompt as its server takes it: text, then tokens. */
export interface ServerPrompt {
  readonly parts: readonly (string | number)[];
}

export interface ServerToken {
  readonly id: number;
  readonly text: string;
}

interface NamedLogProbabilities {
  /** Aligned with the tokens asked for; null where the server does not show it. */
  readonly logProbabilities: readonly (number | null)[];
  readonly promptTokens: number;
  readonly outputTokens: number;
}

interface ContinuationLogProbability {
  readonly logProbability: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
}

/** A server that shows its tokenizer and the log-probabilities of tokens by id. */
export interface TokenReader {
  /** The prompt of messages, up to where the reply begins. */
  prompt(messages: readonly Message[], signal?: AbortSignal): Promise<ServerPrompt>;
  /** Tokens of a piece of a reply, with their texts. */
  tokenize(text: string, signal?: AbortSignal): Promise<ServerToken[]>;
  /** Log-probabilities of named tokens after a prompt, over the whole vocabulary. */
  next(prompt: ServerPrompt, tokens: readonly number[], signal?: AbortSignal): Promise<NamedLogProbabilities>;
  /** The log-probability of tokens one after the other, each after the prompt and those before it. */
  continuation(
    prompt: ServerPrompt,
    tokens: readonly number[],
    signal?: AbortSignal,
  ): Promise<ContinuationLogProbability>;
}
