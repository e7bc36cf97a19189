import { Template } from '@huggingface/jinja';
import { RankforgeError } from '../../core/errors.js';
import type { Message } from '../language-model.js';

/** A piece of a prompt: the frame's text may name special tokens, a message's never does. */
interface PromptPiece {
  readonly text: string;
  readonly frame: boolean;
}

export interface ChatFrame {
  /** Messages in the model's chat template, up to where its reply begins. @throws RankforgeError `unsupported` */
  render(messages: readonly Message[]): PromptPiece[];
}

// Private-use characters: no template writes them. The tabs show whether the template trims its messages.
const mark = (index: number): string => `\t\uE000${index}\uE001\t`;
const marks = /(\t?)\uE000(\d+)\uE001(\t?)/g;

/**
 * A chat template (Jinja, as in a GGUF file). Contents are kept apart from the frame, so that a passage that contains
 * `<|im_end|>` is text to the model and cannot break out of its message.
 * @param tokens texts of the special tokens that templates may name
 * @throws RankforgeError `unsupported` where the template cannot be read
 */
export function createChatFrame(
  template: string,
  tokens: { readonly bos?: string; readonly eos?: string } = {},
): ChatFrame {
  const refused = (cause: unknown): RankforgeError =>
    new RankforgeError(
      'unsupported',
      `The model's chat template fails: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        hint: 'Use an instruct model whose chat template takes user messages.',
        cause,
      },
    );
  let parsed: Template;
  try {
    parsed = new Template(template);
  } catch (error) {
    throw refused(error);
  }
  const fill = (messages: readonly Message[]): string =>
    parsed.render({
      messages: messages.map(({ role }, index) => ({ role, content: mark(index) })),
      add_generation_prompt: true,
      bos_token: tokens.bos ?? '',
      eos_token: tokens.eos ?? '',
    });
  return {
    render(messages) {
      try {
        const pieces = split(fill(messages), messages);
        if (pieces) return pieces;
      } catch (error) {
        if (messages[0]?.role !== 'system') throw refused(error);
      }
      // Some templates refuse a system message, or leave it out: it then opens the user's.
      const merged = mergeSystem(messages);
      try {
        const pieces = split(fill(merged), merged);
        if (pieces) return pieces;
      } catch (error) {
        throw refused(error);
      }
      throw refused('a message is left out');
    },
  };
}

/** The rendered text cut at its marks, or undefined where a message is missing. */
function split(rendered: string, messages: readonly Message[]): PromptPiece[] | undefined {
  const pieces: PromptPiece[] = [];
  const seen = new Set<number>();
  let end = 0;
  for (const match of rendered.matchAll(marks)) {
    const [whole, before, number, after] = match;
    pieces.push({ text: rendered.slice(end, match.index), frame: true });
    let text = messages[Number(number)]!.content;
    if (before === '') text = text.trimStart();
    if (after === '') text = text.trimEnd();
    pieces.push({ text, frame: false });
    seen.add(Number(number));
    end = match.index + whole.length;
  }
  pieces.push({ text: rendered.slice(end), frame: true });
  return seen.size === messages.length ? pieces.filter(({ text }) => text !== '') : undefined;
}

function mergeSystem(messages: readonly Message[]): Message[] {
  const [system, user, ...rest] = messages;
  if (system?.role !== 'system') return [...messages];
  if (user?.role !== 'user') return [{ role: 'user', content: system.content }, ...messages.slice(1)];
  return [{ role: 'user', content: `${system.content}\n\n${user.content}` }, ...rest];
}
