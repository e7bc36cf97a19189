import type { Usage } from '../core/usage.js';
import type { Warning } from '../core/warning.js';

export interface Message {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** A JSON schema, as plain data. */
export type JsonSchema = Readonly<Record<string, unknown>>;

export interface GenerateRequest {
  readonly messages: readonly Message[];
  /** The start of the reply, written for the model. It is not repeated in `text`. */
  readonly prefill?: string;
  readonly maxTokens: number;
  /** 0 is greedy. @default 0 */
  readonly temperature?: number;
  /** Samples from the most probable tokens that hold this together. @default the server's own; in process 0.95, of the 40 most probable */
  readonly topP?: number;
  readonly seed?: number;
  readonly stop?: readonly string[];
  /** The reply is JSON of this schema: by grammar where the model can, else asked for and checked by the caller. */
  readonly schema?: JsonSchema;
  /** Tells apart several samples of the same request, in the ledger. @default 0 */
  readonly sample?: number;
}

export interface GenerateReply {
  readonly text: string;
  /** What a server takes apart as thinking; elsewhere it is part of the text. */
  readonly thinking?: string;
  readonly finish: 'stop' | 'length' | 'refused';
  readonly usage: Usage;
  /** Ledger key of the call, once it went through the door. */
  readonly key?: string;
  readonly warnings?: readonly Warning[];
}

export interface NextTokenRequest {
  readonly messages: readonly Message[];
  /**
   * For each label the reply that the prompt asks for where that label comes first, for instance
   * `[A] > [B]`, `[B] > [A]`. Its tokens are worked out by the tokenizer: what all replies share is
   * prefilled, and the logits are read where they first differ.
   */
  readonly replies: readonly string[];
  /**
   * A label counts with the more probable of its spellings, with a blank before it and without (`A`, ` A`), where the
   * vocabulary has both. Where it is false a local model counts the label's own alone, and servers that are read by the texts
   * of tokens all spellings together; those that are read by token ids count the label's own either way.
   * @default false
   */
  readonly spellings?: boolean;
}

export interface NextTokenReply {
  /** Natural-log probability by label, over the whole vocabulary; null where the model did not show it. */
  readonly logProbabilities: readonly (number | null)[];
  /** Probability that all shown labels hold together, 0 to 1. */
  readonly mass: number;
  readonly usage: Usage;
  readonly key?: string;
  readonly warnings?: readonly Warning[];
}

export interface LikelihoodRequest {
  readonly messages: readonly Message[];
  /** The reply whose likelihood is wanted. Calls whose messages begin alike share their prefix. */
  readonly continuation: string;
}

export interface LikelihoodReply {
  /** Sum of the natural-log probabilities of the continuation's tokens. */
  readonly logProbability: number;
  /** Tokens of the continuation. */
  readonly tokens: number;
  readonly usage: Usage;
  readonly key?: string;
}

export interface ModelCapabilities {
  /** Log-probabilities of chosen next tokens: of any token, of the `topK` most probable ones, or none. */
  readonly nextToken: 'exact' | { readonly topK: number } | 'none';
  readonly likelihood: boolean;
  /** Whether a reply can be started for the model. */
  readonly prefill: boolean;
  /** Whether a schema is enforced by grammar. */
  readonly schema: boolean;
  readonly seed: boolean;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
}

/**
 * A language model, local or remote. Every method throws RankforgeError (`context-overflow` before anything is
 * evaluated, `unsupported` for what `capabilities` excludes, server errors) or the signal's abort reason.
 */
export interface LanguageModel extends AsyncDisposable {
  /** Stable name of the weights and how they are served: part of every ledger key. */
  readonly id: string;
  /** Tokens, prompt and reply together. */
  readonly contextSize: number;
  readonly capabilities: ModelCapabilities;
  generate(request: GenerateRequest, options?: CallOptions): Promise<GenerateReply>;
  nextToken(request: NextTokenRequest, options?: CallOptions): Promise<NextTokenReply>;
  likelihood(request: LikelihoodRequest, options?: CallOptions): Promise<LikelihoodReply>;
  /** Tokens of a text, or of messages with the chat template around them. Exact locally, an estimate for servers. */
  countTokens(input: string | readonly Message[]): number;
  /** Whether the replies' first differing token is a different one for each: see NextTokenRequest. */
  tellsApart(replies: readonly string[]): boolean;
}
