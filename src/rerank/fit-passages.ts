import { RankforgeError } from '../core/errors.js';
import type { Warning } from '../core/warning.js';
import type { LanguageModel, Message } from '../models/language-model.js';

export interface FitRequest {
  /** The messages with these texts in the passages' places. */
  readonly render: (texts: readonly string[]) => readonly Message[];
  readonly texts: readonly string[];
  /** Ids of the passages, for warnings. */
  readonly ids: readonly string[];
  /** Tokens kept free for the reply. */
  readonly replyTokens: number;
}

export interface Fitted {
  readonly messages: readonly Message[];
  readonly promptTokens: number;
  readonly warnings: readonly Warning[];
}

// Below this a passage says nothing: better an error than a ranking of first words.
const fewestTokens = 8;

/**
 * The messages of a prompt within the model's context. Where they are too long, the longest passages are cut at a word,
 * all to the same number of tokens, which is the largest that fits; each cut is a warning.
 * @throws RankforgeError `context-overflow` when not even 8 tokens a passage fit, or the prompt alone leaves no room
 */
export function fitPassages(
  model: Pick<LanguageModel, 'id' | 'contextSize' | 'countTokens'>,
  request: FitRequest,
): Fitted {
  const { render, texts, ids, replyTokens } = request;
  const room = model.contextSize - replyTokens;
  const messages = render(texts);
  const promptTokens = model.countTokens(messages);
  if (promptTokens <= room) return { messages, promptTokens, warnings: [] };

  const lengths = texts.map((text) => model.countTokens(text));
  const frame = model.countTokens(render(texts.map(() => '')));
  // Tokens may merge or part where a passage meets the frame, so what is still over is taken off and tried again.
  for (let budget = room - frame, attempt = 0; attempt < 8; attempt++) {
    const limit = largestLimit(lengths, budget);
    if (limit < fewestTokens) break;
    const cut = texts.map((text, index) =>
      lengths[index]! > limit ? cutToTokens(text, limit, model) : text,
    );
    const shorter = render(cut);
    const tokens = model.countTokens(shorter);
    if (tokens <= room) {
      const warnings = ids.flatMap((id, index): Warning[] =>
        cut[index] === texts[index]
          ? []
          : [
              {
                code: 'truncated-passage',
                message: `Passage "${id}" has ${lengths[index]} tokens and was cut to ${limit}, so that the prompt fits into ${model.contextSize}`,
                id,
              },
            ],
      );
      return { messages: shorter, promptTokens: tokens, warnings };
    }
    budget -= tokens - room;
  }
  if (frame + fewestTokens > room) {
    throw new RankforgeError(
      'context-overflow',
      `The prompt without passages takes ${frame + replyTokens} tokens of a context of ${model.contextSize}, with ${replyTokens} for the reply`,
      {
        where: model.id,
        hint: (spell) =>
          `Shorten the query or its instruction, or raise ${spell('contextSize')} of the model.`,
      },
    );
  }
  throw new RankforgeError(
    'context-overflow',
    `${texts.length} passages do not fit into a context of ${model.contextSize} tokens`,
    {
      where: model.id,
      hint: (spell) =>
        `Give fewer or shorter ${spell('documents')}, use smaller windows, or raise ${spell('contextSize')} of the model.`,
    },
  );
}

/** The largest limit such that the lengths, each at most the limit, sum to no more than the budget. */
function largestLimit(lengths: readonly number[], budget: number): number {
  let left = budget;
  const sorted = [...lengths].sort((a, b) => a - b);
  for (const [index, length] of sorted.entries()) {
    const share = Math.floor(left / (sorted.length - index));
    if (length > share) return share;
    left -= length;
  }
  return Number.POSITIVE_INFINITY;
}

/** The longest beginning of a text, cut after a word (inside one where the first is too long), of at most so many tokens. */
export function cutToTokens(text: string, limit: number, model: Pick<LanguageModel, 'countTokens'>): string {
  if (model.countTokens(text) <= limit) return text;
  const ends = [...text.matchAll(/\S+/g)].map((match) => match.index + match[0].length);
  const fits = (end: number): boolean => model.countTokens(text.slice(0, end)) <= limit;
  const words = bisect(ends.length, (count) => fits(count === 0 ? 0 : ends[count - 1]!));
  if (words > 0) return text.slice(0, ends[words - 1]!);
  const characters = [...text];
  return characters
    .slice(
      0,
      bisect(characters.length, (count) => fits(characters.slice(0, count).join('').length)),
    )
    .join('');
}

/** The largest count in 0 … n for which the test holds, where it holds for all smaller ones. */
function bisect(n: number, holds: (count: number) => boolean): number {
  let [low, high] = [0, n];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (holds(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}
