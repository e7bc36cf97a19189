import type { ControlledEvaluateInputItem, LlamaContextSequence, Token } from 'node-llama-cpp';

/** Which logits to read: after the token at an index, the log-probabilities of some next tokens. */
export interface Reading {
  readonly index: number;
  readonly tokens: readonly number[];
}

/**
 * llama.cpp's flash attention takes another path for fewer tokens at once, and log-probabilities then move by up to
 * 0.15 (SmolLM2). From 64 on they are the same however a prompt is divided, so that what was asked before changes nothing.
 */
const smallestBatch = 64;

/**
 * Evaluates token lists in one sequence of llama.cpp and keeps its state between them: what a list shares with the one
 * before, from the start on, is not evaluated again, but for the last 64 tokens.
 */
export class PrefixState {
  #evaluated = 0;
  /** Tokens of the state, from the start, that were evaluated in large enough batches: a reply's own were not. */
  #sound = 0;

  /** @param chunk tokens evaluated between two looks at the signal */
  constructor(
    private readonly sequence: LlamaContextSequence,
    private readonly chunk: number,
  ) {}

  /** Prompt tokens evaluated so far; those reused are not among them. */
  get evaluatedTokens(): number {
    return this.#evaluated;
  }

  /**
   * Brings the state to hold exactly these tokens.
   * @throws the signal's reason, after the chunk that was running; the state stays usable
   */
  async hold(tokens: readonly number[], signal?: AbortSignal): Promise<void> {
    await this.read(tokens, [], signal);
  }

  /**
   * Evaluates tokens and reads logits on the way. No sampler touches them: a log-probability is
   * logit − max − ln(sum of exp(logit − max)) over the whole vocabulary.
   * @param readings by rising index
   * @returns for each reading, natural-log probabilities aligned with its tokens
   */
  async read(
    tokens: readonly number[],
    readings: readonly Reading[],
    signal?: AbortSignal,
  ): Promise<number[][]> {
    signal?.throwIfAborted();
    const wanted = new Map(readings.map((reading, order) => [reading.index, order]));
    // A token whose logits are read has to be evaluated again even if it is in the state.
    const reusable = Math.min(
      this.#sound,
      tokens.length - smallestBatch,
      readings[0]?.index ?? tokens.length,
    );
    await this.sequence.adaptStateToTokens(tokens.slice(0, Math.max(0, reusable)) as Token[], false);
    const results: number[][] = readings.map(() => []);
    this.#sound = this.sequence.nextTokenIndex;
    for (let start = this.#sound; start < tokens.length; ) {
      signal?.throwIfAborted();
      const left = tokens.length - start;
      const part = tokens.slice(
        start,
        start + (left < this.chunk + smallestBatch ? left : this.chunk),
      ) as Token[];
      const reads = readings.some(({ index }) => index >= start && index < start + part.length);
      if (!reads) await this.sequence.evaluateWithoutGeneratingNewTokens(part);
      else {
        const items = part.map((token, offset): ControlledEvaluateInputItem => {
          const order = wanted.get(start + offset);
          return order === undefined ? token : readAfter(token, readings[order]!.tokens as Token[]);
        });
        const outputs = await this.sequence.controlledEvaluate(items);
        for (const [offset, output] of outputs.entries()) {
          const order = wanted.get(start + offset);
          if (order === undefined || !output) continue;
          const logits = output.next.logits as ReadonlyMap<number, number>;
          const top = Math.max(...logits.values());
          const normaliser = top + Math.log(output.next.totalLogitWeight!);
          results[order] = readings[order]!.tokens.map((token) => logits.get(token)! - normaliser);
        }
      }
      this.#evaluated += part.length;
      start += part.length;
      if (part.length >= smallestBatch) this.#sound = start;
    }
    return results;
  }
}

// `totalLogitWeight` is relative to the largest logit, so that one is needed too. `includeTop: 1` gives it;
// `includeMax` is inverted in node-llama-cpp 3.22.1. The filter matters: reading a whole vocabulary of 152,000 tokens
// into a map costs 180 ms, this 11 to 15.
const readAfter = (token: Token, tokens: readonly Token[]): ControlledEvaluateInputItem => [
  token,
  { generateNext: { logits: { filter: { tokens, includeTop: 1 } }, totalLogitWeight: true } },
];
