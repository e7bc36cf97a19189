// What is not seen may stand inside a word that is to be told from another. Runs are bounded, as each costs time squared.
const unseenSigns = '\\u00ad\\u200b-\\u200f\\u2060\\ufeff';
const unseen = `[${unseenSigns}]{0,2}`;
// Controls among them: in a line they become blanks.
const blank = `[\\s\\u0000-\\u001f\\u007f-\\u009f${unseenSigns}]{0,64}`;
const spelled = (word: string): string => [...word].join(unseen);

// Names of the tags that a prompt's frame or a reply may hold.
const frameTags = 'passage query queries instruction document'.split(' ');
const replyTags = 'think thinking thought reasoning answer'.split(' ');
const names = [...frameTags, ...replyTags].map(spelled).join('|');
const tag = new RegExp(
  `[<＜](${blank}[/／]?${blank}(?:${names})${unseen}s?\\b[^<>＜＞\\n]{0,200})[>＞]?`,
  'giu',
);
const kind = '(?:(?:passage|document|doc|text|id)s?)?';
const sign = `[A-Za-z0-9Ａ-Ｚａ-ｚ０-９]${unseen}`;
const label = new RegExp(
  `[[［【〔〖](${blank}${kind} {0,2}#?${unseen}(?:${sign}){1,4} {0,2})[\\]］】〕〗]`,
  'giu',
);

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
export const asBlock = (text: string): string =>
  text.replace(/[\u202a-\u202e\u2066-\u2069]/g, '').replace(tag, (_, inner: string) => `(${inner})`);
