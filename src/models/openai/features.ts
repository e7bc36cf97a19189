/** What kind of server answers: it decides how log-probabilities of chosen tokens are asked for. */
export type ServerKind = 'openai' | 'llama-server' | 'vllm';

/** What a server was found to do. */
export interface ServerFeatures {
  readonly kind: ServerKind;
  /** Most alternatives a token's log-probabilities show; 0 where there are none. */
  readonly topLogprobs: number;
  /** Whether a JSON schema is enforced. */
  readonly schema: boolean;
  /** Whether a last assistant message is continued rather than answered. */
  readonly prefill: boolean;
  /** Newer models of OpenAI refuse `max_tokens`, and some a temperature. */
  readonly maxTokensField: 'max_tokens' | 'max_completion_tokens';
  readonly temperature: boolean;
  /** Whether log-probabilities of any named token can be had. */
  readonly chosenTokens: boolean;
  /** Whether each of `[A] > [` to `[Z] > [` has a label token of its own there. @default true */
  readonly bracketsAlign?: boolean;
  readonly contextSize?: number;
  /** Tokens in the vocabulary. */
  readonly vocabulary?: number;
}

/** What OpenAI's chat models do: assumed where probing is turned off. */
export const openaiFeatures: ServerFeatures = {
  kind: 'openai',
  topLogprobs: 20,
  schema: true,
  prefill: false,
  maxTokensField: 'max_tokens',
  temperature: true,
  chosenTokens: false,
};
