import type { z } from 'zod';
import type { Server } from './server.js';
import { badReply } from './server-errors.js';
import type { ServerPrompt, TokenReader } from './token-reader.js';
import { LlamaCompletion, LlamaTemplate, LlamaTokens } from './wire.js';

/** As many alternatives cost nothing; the whole vocabulary is megabytes of JSON. */
const usualAlternatives = 200;
/** Above so many unseen labels the whole vocabulary is cheaper than a call for each. */
const singleCalls = 8;
const certain = 1e4;

/**
 * llama.cpp's own server. `n_probs` takes any number and shows log-probabilities before sampling, over the whole
 * vocabulary. A token outside them is read by forcing it with `logit_bias`, which changes what is sampled and not what
 * is shown; the prompt is then in the server's cache.
 */
export function createLlamaServerReader(server: Server, vocabulary = 2 ** 18): TokenReader {
  type Completion = z.infer<typeof LlamaCompletion>;
  const complete = (prompt: ServerPrompt, body: object, signal?: AbortSignal): Promise<Completion> =>
    server.post(
      '/../completion',
      { prompt: prompt.parts, n_predict: 1, temperature: 0, cache_prompt: true, ...body },
      LlamaCompletion,
      signal,
    );

  async function forced(
    prompt: ServerPrompt,
    token: number,
    signal?: AbortSignal,
  ): Promise<{ reply: Completion; value: number }> {
    const reply = await complete(prompt, { n_probs: 1, logit_bias: [[token, certain]] }, signal);
    const written = reply.completion_probabilities[0]!;
    if (written.id !== token) throw badReply(`token ${written.id} where ${token} was forced`, server.where);
    return { reply, value: written.logprob ?? Number.NEGATIVE_INFINITY };
  }

  return {
    async prompt(messages, signal) {
      const { prompt } = await server.post('/../apply-template', { messages }, LlamaTemplate, signal);
      return { parts: [prompt] };
    },
    async tokenize(text, signal) {
      const { tokens } = await server.post(
        '/../tokenize',
        { content: text, with_pieces: true },
        LlamaTokens,
        signal,
      );
      return tokens.map(({ id, piece }) => ({
        id,
        text: typeof piece === 'string' ? piece : Buffer.from(piece).toString('latin1'),
      }));
    },
    async next(prompt, tokens, signal) {
      const shown = new Map<number, number | null>();
      const read = async (alternatives: number) => {
        const reply = await complete(prompt, { n_probs: alternatives }, signal);
        for (const { id, logprob } of reply.completion_probabilities[0]!.top_logprobs ?? [])
          shown.set(id, logprob);
        return reply;
      };
      const reply = await read(usualAlternatives);
      let outputTokens = 1;
      const unseen = tokens.filter((token) => !shown.has(token));
      if (unseen.length > singleCalls) {
        await read(vocabulary);
        outputTokens += 1;
      } else {
        for (const token of unseen) {
          shown.set(token, (await forced(prompt, token, signal)).value);
          outputTokens += 1;
        }
      }
      return {
        logProbabilities: tokens.map((token) => shown.get(token) ?? null),
        promptTokens: reply.tokens_evaluated ?? 0,
        outputTokens,
      };
    },
    async continuation(prompt, tokens, signal) {
      let logProbability = 0;
      let promptTokens = 0;
      for (const [index, token] of tokens.entries()) {
        const { reply, value } = await forced(
          { parts: [...prompt.parts, ...tokens.slice(0, index)] },
          token,
          signal,
        );
        if (index === 0) promptTokens = reply.tokens_evaluated ?? 0;
        logProbability += value;
      }
      return { logProbability, promptTokens, outputTokens: tokens.length };
    },
  };
}
