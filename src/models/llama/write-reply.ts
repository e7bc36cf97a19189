import type { LlamaContextSequence, LlamaGrammarEvaluationState, LlamaModel, Token } from 'node-llama-cpp';
import type { GenerateReply, GenerateRequest } from '../language-model.js';
import { sampleSeed } from '../sample-seed.js';

export interface WrittenReply {
  readonly text: string;
  readonly finish: GenerateReply['finish'];
  readonly tokens: number;
}

/**
 * Generates after a state that holds all tokens of the prompt but the last.
 * @throws the signal's reason, after the token that was being written
 */
export async function writeReply(
  { sequence, model }: { sequence: LlamaContextSequence; model: LlamaModel },
  {
    lastToken,
    request,
    grammar,
  }: { lastToken: number; request: GenerateRequest; grammar?: LlamaGrammarEvaluationState },
  signal?: AbortSignal,
): Promise<WrittenReply> {
  const stops = (request.stop ?? []).filter((stop) => stop !== '');
  const tokens: Token[] = [];
  let text = '';
  const reply = (finish: WrittenReply['finish']): WrittenReply => ({
    text: grammar ? text.trimEnd() : text,
    finish,
    tokens: tokens.length,
  });
  if (request.maxTokens < 1) return reply('length');
  const generated = sequence.evaluate([lastToken as Token], {
    temperature: request.temperature ?? 0,
    topP: request.topP,
    seed: sampleSeed(request),
    grammarEvaluationState: grammar,
  });
  for await (const token of generated) {
    signal?.throwIfAborted();
    tokens.push(token);
    // All of it each time: a character may be spread over several tokens.
    text = model.detokenize(tokens);
    const stopAt = stops.map((stop) => text.indexOf(stop)).filter((at) => at >= 0);
    if (stopAt.length > 0) {
      text = text.slice(0, Math.min(...stopAt));
      return reply('stop');
    }
    // The grammar asks for line breaks after the value, which nobody needs.
    if (grammar && isWholeJson(text)) return reply('stop');
    if (tokens.length >= request.maxTokens) return reply('length');
  }
  return reply('stop');
}

/** Whether a text is a JSON value that cannot go on. */
function isWholeJson(text: string): boolean {
  const end = text.at(-1);
  // A number goes on until something else follows; anything else ends with its last character.
  if (end === undefined || !(/[}\]"el]/.test(end) || (end === '\n' && text.trim() !== ''))) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
