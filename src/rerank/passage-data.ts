/**
 * A passage as one line of data. Where a frame is told by position (`[A] …` at the beginning of a line), a text without
 * line breaks cannot begin another; what looks like a label or a tag of the frame loses its brackets.
 */
export const asLine = (text: string): string =>
  asBlock(text)
    // Line breaks of every kind, and controls that a terminal or a tokenizer may take for one.
    .replace(/[\s\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ')
    .replace(/\[\s*([A-Za-z]{1,2}|\d{1,3})\s*\]/g, '($1)')
    .trim();

/** A text as data between tags of ours: its own tags of those names lose their brackets, line breaks stay. */
export const asBlock = (text: string): string =>
  text.replace(
    /<(\s*\/?\s*(?:passage|query|instruction|document)s?\b[^<>\n]{0,200})>?/gi,
    (_, inner: string) => `(${inner})`,
  );
