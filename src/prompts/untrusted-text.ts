// What is not seen may stand inside a word that is to be told from another. Runs are bounded, as each costs time squared.
const unseenSigns = '\\u00ad\\u200b-\\u200f\\u2060\\ufeff';
const unseen = `[${unseenSigns}]{0,2}`;
// Controls among them: in a line they become blanks.
const blank = `[\\s\\u0000-\\u001f\\u007f-\\u009f${unseenSigns}]{0,64}`;
const spelled = (word: string): string => [...word].join(unseen);

/** Tags of these names, opening or closing, whole or not; what stands between the brackets is captured. */
const tagsOf = (names: string): RegExp =>
  new RegExp(
    `[<＜](${blank}[/／]?${blank}(?:${names.split(' ').map(spelled).join('|')})${unseen}s?\\b[^<>＜＞\\n]{0,200})[>＞]?`,
    'giu',
  );

// Names of the tags that a prompt's frame or a reply may hold.
const frameTags = 'passage query queries instruction document';
const replyTags = 'think thinking thought reasoning answer';
const rankingTag = tagsOf(`${frameTags} ${replyTags}`);
const writingTag = tagsOf(`${frameTags} ${replyTags} topic example system user assistant`);

const kind = '(?:(?:passage|document|doc|text|id)s?)?';
const sign = `[A-Za-z0-9Ａ-Ｚａ-ｚ０-９]${unseen}`;
const label = new RegExp(
  `[[［【〔〖](${blank}${kind} {0,2}#?${unseen}(?:${sign}){1,4} {0,2})[\\]］】〕〗]`,
  'giu',
);

// Marks of direction alone: what is written between them may be the text's own.
const turned = /[\u202a-\u202e\u2066-\u2069]/g;

/**
 * A passage as one line of data. Where a frame is told by position (`[A] …` at the beginning of a line), a text without
 * line breaks cannot begin another; what looks like a label or a tag of the frame loses its brackets, in whatever signs of
 * other alphabets or with what signs that are not seen it is written.
 */
export const asLine = (text: string): string =>
  asBlock(text)
    // Line breaks of every kind, and controls that a terminal or a tokenizer may take for one.
    .replace(/[\s\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ')
    .replace(label, (_, inner: string) => `(${inner.trim()})`)
    .trim();

/** A text as data between tags of ours: its own tags of those names lose their brackets, line breaks stay, and no sign turns the direction of writing. */
export const asBlock = (text: string): string => untag(text, rankingTag);

const untag = (text: string, tag: RegExp): string =>
  text.replace(turned, '').replace(tag, (_, inner: string) => `(${inner})`);

export interface ExcerptOptions {
  /** Longer texts are cut at a space. @default 1600 */
  readonly maxCharacters?: number;
}

/**
 * A text as data between tags of a prompt that asks for writing: as `asBlock`, with the tags of roles and examples too. Controls (NUL among
 * them) become spaces, halves of surrogate pairs the replacement character, and what a server might take for a special token of its
 * chat template (`<|im_end|>`, `[INST]`, `<s>`) other brackets; a long text is cut. What the words themselves ask for is the
 * prompt's to ward off.
 */
export function asExcerpt(text: string, { maxCharacters = 1600 }: ExcerptOptions = {}): string {
  const plain = text
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029]+/gu, ' ')
    .replace(/\p{Surrogate}/gu, '�');
  const safe = untag(plain, writingTag)
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
