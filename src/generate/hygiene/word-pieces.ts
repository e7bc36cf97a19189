import { words } from '../words.js';

/** Characters that are normalised at once: a text of 100 MB must not become 15 million strings. */
const pieceLength = 1 << 16;

/**
 * The words of a text, a part at a time and in order; together they are `words(text)`. Memory stays at one part, whatever
 * the text. Only a run of more than 32,768 characters without a space may be cut inside a word.
 */
export function* wordPieces(text: string): Generator<string[]> {
  for (let start = 0; start < text.length; ) {
    const end = cutAfter(text, start);
    const found = words(start === 0 && end === text.length ? text : text.slice(start, end));
    if (found.length > 0) yield found;
    start = end;
  }
}

function cutAfter(text: string, start: number): number {
  const end = start + pieceLength;
  if (end >= text.length) return text.length;
  for (let at = end; at > start + pieceLength / 2; at--) {
    const unit = text.charCodeAt(at - 1);
    // A mark after a space would join what stands before it.
    if ((unit === 0x20 || unit === 0x0a) && !/^\p{M}/u.test(text.slice(at, at + 2))) return at;
  }
  const isPair = (text.charCodeAt(end - 1) & 0xfc00) === 0xd800 && (text.charCodeAt(end) & 0xfc00) === 0xdc00;
  return isPair ? end - 1 : end;
}
