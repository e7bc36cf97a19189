import { z } from 'zod';

const Alternative = z.object({ token: z.string(), logprob: z.number(), id: z.number().optional() });
const Position = Alternative.extend({ top_logprobs: z.array(Alternative).nullish() });

const WireUsage = z.object({
  prompt_tokens: z.number().nullish(),
  completion_tokens: z.number().nullish(),
});

/** `/chat/completions`: only what is read, each allowed to be missing. */
export const ChatReply = z.object({
  choices: z
    .array(
      z.object({
        message: z.object({
          content: z.string().nullish(),
          refusal: z.string().nullish(),
          /** Thinking that the server took apart: llama-server's and older vLLM's name for it, then newer ones'. */
          reasoning_content: z.string().nullish(),
          reasoning: z.string().nullish(),
        }),
        finish_reason: z.string().nullish(),
        logprobs: z.object({ content: z.array(Position).nullish() }).nullish(),
      }),
    )
    .min(1, 'no choices'),
  usage: WireUsage.nullish(),
});
export type ChatReply = z.infer<typeof ChatReply>;

/** llama-server's `/completion`. */
export const LlamaCompletion = z.object({
  tokens_evaluated: z.number().nullish(),
  completion_probabilities: z
    .array(
      z.object({
        id: z.number(),
        logprob: z.number().nullable(),
        top_logprobs: z.array(z.object({ id: z.number(), logprob: z.number().nullable() })).nullish(),
      }),
    )
    .min(1, 'no log-probabilities'),
});
export const LlamaTemplate = z.object({ prompt: z.string() });
export const LlamaTokens = z.object({
  tokens: z.array(z.object({ id: z.number(), piece: z.union([z.string(), z.array(z.number())]) })),
});
export const LlamaProps = z.object({
  default_generation_settings: z.object({ n_ctx: z.number().optional() }),
  total_slots: z.number(),
});

/** vLLM's `/tokenize` and what `/completions` adds there. */
export const VllmTokens = z.object({
  tokens: z.array(z.number()),
  token_strs: z.array(z.string()).nullish(),
  max_model_len: z.number().nullish(),
});
export const VllmCompletion = z.object({
  choices: z
    .array(
      z.object({
        logprobs: z
          .object({ top_logprobs: z.array(z.record(z.string(), z.number()).nullable()).nullish() })
          .nullish(),
        prompt_logprobs: z
          .array(z.record(z.string(), z.object({ logprob: z.number() })).nullable())
          .nullish(),
      }),
    )
    .min(1, 'no choices'),
  usage: WireUsage.nullish(),
});
export const VllmVersion = z.object({ version: z.string() });

export const ModelList = z.object({
  data: z.array(
    z.object({
      id: z.string(),
      owned_by: z.string().nullish(),
      max_model_len: z.number().nullish(),
      meta: z.object({ n_vocab: z.number().nullish() }).nullish(),
    }),
  ),
});
