export interface PromptDataOptions {
  /** Longer texts are cut at a space. @default 1600 */
  readonly maxCharacters?: number;
}

/** The delimiters of the bundled prompts. */
const delimiter = /<(\/?\s*(?:passage|query|document|instructions?|system|user|assistant)\b[^>]*)>/giu;

/**
 * A text made safe to stand inside a prompt, as data that cannot end its own delimiter or speak for another role: control characters (NUL among them) become spaces, what looks like one of the prompts' own
 * delimiters or like a chat template's special token (`<|im_end|>`, `[INST]`, `<s>`) is written with other brackets, and a long text
 * is cut. What the words themselves ask for is the prompt's to ward off.
 */
export function promptData(text: string, { maxCharacters = 1600 }: PromptDataOptions = {}): string {
  const safe = text
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f]+/gu, ' ')
    .replace(/\p{Surrogate}/gu, '�')
    .replace(delimiter, '‹$1›')
    .replace(/<\|/gu, '‹|')
    .replace(/\|>/gu, '|›')
    .replace(/<(\/?s|bos|eos|start_of_turn|end_of_turn)>/giu, '‹$1›')
    .replace(/\[(\/?INST)\]/giu, '‹$1›')
    .trim();
  if (safe.length <= maxCharacters) return safe;
  const cut = safe.slice(0, maxCharacters).replace(/\p{Surrogate}$/u, '');
  const space = cut.lastIndexOf(' ');
  return `${space > maxCharacters / 2 ? cut.slice(0, space) : cut} …`;
}
