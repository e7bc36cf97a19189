import type { Server } from './server.js';
import { badReply } from './server-errors.js';
import type { TokenReader } from './token-reader.js';
import { VllmCompletion, VllmTokens } from './wire.js';

/** What vLLM shows at most unless it was started with a larger `--max-logprobs`. */
const topTokens = 20;

/**
 * vLLM. `logprob_token_ids` shows the log-probabilities of named tokens, before sampling; servers from before it show the 20
 * most probable. `prompt_logprobs` shows those of the prompt's own tokens, which gives a continuation's in one call.
 */
export function createVllmReader(server: Server, model: string, namesTokens: boolean): TokenReader {
  return {
    async prompt(messages, signal) {
      const { tokens } = await server.post(
        '/../tokenize',
        { model, messages, add_generation_prompt: true },
        VllmTokens,
        signal,
      );
      return { parts: tokens };
    },
    async tokenize(text, signal) {
      const { tokens, token_strs } = await server.post(
        '/../tokenize',
        { model, prompt: text, add_special_tokens: false, return_token_strs: true },
        VllmTokens,
        signal,
      );
      return tokens.map((id, index) => ({ id, text: token_strs?.[index] ?? `#${id}` }));
    },
    async next(prompt, tokens, signal) {
      const { choices, usage } = await server.post(
        '/completions',
        {
          model,
          prompt: prompt.parts,
          max_tokens: 1,
          temperature: 0,
          return_tokens_as_token_ids: true,
          ...(namesTokens ? { logprobs: 1, logprob_token_ids: tokens } : { logprobs: topTokens }),
        },
        VllmCompletion,
        signal,
      );
      const shown = choices[0]!.logprobs?.top_logprobs?.[0];
      if (!shown) throw badReply('no log-probabilities', server.where);
      return {
        logProbabilities: tokens.map((token) => shown[`token_id:${token}`] ?? null),
        promptTokens: usage?.prompt_tokens ?? prompt.parts.length,
        outputTokens: usage?.completion_tokens ?? 1,
      };
    },
    async continuation(prompt, tokens, signal) {
      const { choices, usage } = await server.post(
        '/completions',
        { model, prompt: [...prompt.parts, ...tokens], max_tokens: 1, temperature: 0, prompt_logprobs: 0 },
        VllmCompletion,
        signal,
      );
      const positions = choices[0]!.prompt_logprobs?.slice(prompt.parts.length) ?? [];
      const values = tokens.map((token, index) => positions[index]?.[token]?.logprob);
      if (values.some((value) => value === undefined))
        throw badReply("no log-probabilities of the prompt's tokens", server.where);
      return {
        logProbability: values.reduce<number>((sum, value) => sum + value!, 0),
        promptTokens: usage?.prompt_tokens ?? prompt.parts.length + tokens.length,
        outputTokens: usage?.completion_tokens ?? 1,
      };
    },
  };
}
