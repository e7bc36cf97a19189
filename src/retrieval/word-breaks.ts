/**
 * Word breaks as Lucene's StandardTokenizer makes them: the Unicode rules of UAX #29, of which only words are kept.
 * Scripts that write no spaces: each Han and Hiragana character is a word; Thai, Lao, Khmer and Myanmar runs are one.
 * @see https://unicode.org/reports/tr29/#Word_Boundaries
 */

// Classes of the word break property that the rules tell apart.
const other = 0;
const letter = 1;
const digit = 2;
/** Underscore and the like: joins words, is none alone. */
const connector = 3;
/** Joins two letters: colon, middle dot. */
const midLetter = 4;
/** Joins two digits: comma, semicolon. */
const midDigit = 5;
/** Joins two letters or two digits: full stop, apostrophe. */
const midBoth = 6;
/** Marks and joiners: belong to the character before. */
const extend = 7;
const katakana = 8;
/** A word of its own: Han, Hiragana. */
const single = 9;
/** Scripts without spaces that take a dictionary: a run is one word. */
const complex = 10;
const emoji = 11;
/** Regional indicator: two make a flag. */
const flag = 12;

const connectors = '_\u202f\u203f\u2040\u2054\ufe33\ufe34\ufe4d\ufe4e\ufe4f\uff3f';
const midLetters = ':\u00b7\u0387\u055f\u05f4\u2027\ufe13\ufe55\uff1a';
const midDigits = ',;\u037e\u0589\u060c\u060d\u066c\u07f8\u2044\ufe10\ufe14\ufe50\ufe54\uff0c\uff1b';
const midBoths = ".'\u2018\u2019\u2024\ufe52\uff07\uff0e";
/** Katakana by the word break property though not by script. */
const alsoKatakana = '\u3031\u3032\u3033\u3034\u3035\u309b\u309c\u30a0\u30fc\uff70';

const isExtend = /^[\p{Grapheme_Extend}\p{Mc}\p{Cf}\p{Emoji_Modifier}]$/u;
const isComplex =
  /^[\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Tai_Le}\p{Script=New_Tai_Lue}\p{Script=Tai_Tham}]$/u;
const isSingle = /^[\p{Ideographic}\p{Script=Hiragana}]$/u;
const isHebrew = /^[\u05d0-\u05ea\u05ef-\u05f2\ufb1d\ufb1f-\ufb28\ufb2a-\ufb4f]$/;
const isLetter = /^\p{Alphabetic}$/u;

function classify(character: string): number {
  if (connectors.includes(character)) return connector;
  if (midLetters.includes(character)) return midLetter;
  if (midDigits.includes(character)) return midDigit;
  if (midBoths.includes(character)) return midBoth;
  if (alsoKatakana.includes(character)) return katakana;
  if (/^\p{Nd}$/u.test(character) || character === '\u066b') return digit;
  if (character !== '\u200b' && isExtend.test(character)) return isComplex.test(character) ? complex : extend;
  if (isComplex.test(character)) return isLetter.test(character) ? complex : other;
  if (isSingle.test(character)) return single;
  if (/^\p{Script=Katakana}$/u.test(character)) return katakana;
  if (/^\p{Regional_Indicator}$/u.test(character)) return flag;
  if (isLetter.test(character)) return letter;
  // As in Lucene's tokenizers, © ® ™ 〰 〽 are signs and no emoji.
  if (/^\p{Extended_Pictographic}$/u.test(character) && !'\u00a9\u00ae\u2122\u3030\u303d'.includes(character))
    return emoji;
  return other;
}

// Filled for a character when it is first met; 255 is not yet known. It ends before the surrogates: half of a pair has no
// class of its own, or one broken text would hide the emoji of all later ones. What lies beyond goes through a map.
const unknown = 255;
const table = new Uint8Array(0xd800).fill(unknown);
const rare = new Map<number, number>();

function classOf(code: number): number {
  if (code < table.length) {
    const known = table[code]!;
    if (known !== unknown) return known;
    table[code] = classify(String.fromCharCode(code));
    return table[code]!;
  }
  const known = rare.get(code) ?? classify(String.fromCodePoint(code));
  rare.set(code, known);
  return known;
}

const longestWord = 255;

/** Calls `word(start, end)` for each word of the text, in order. A word of more than 255 UTF-16 units is given in pieces of 255, as in Lucene. */
export function forEachWord(text: string, word: (start: number, end: number) => void): void {
  const { length } = text;
  let i = 0;
  while (i < length) {
    // Blanks and signs, the most frequent case, cost no more than this.
    if (table[text.charCodeAt(i)] === other) {
      i++;
      continue;
    }
    const point = text.codePointAt(i)!;
    const kind = classOf(point);
    const start = i;
    if (kind === letter || kind === digit || kind === connector || kind === katakana) i = endOfWord(text, i);
    else if (kind === complex) i = endOfRun(text, i, complex);
    else {
      i = skipExtends(text, i + (point > 0xffff ? 2 : 1));
      if (kind === emoji) i = endOfEmoji(text, i);
      else if (kind === flag && i < length && classOf(text.codePointAt(i)!) === flag)
        i = skipExtends(text, i + 2);
      else if (kind !== single) continue;
    }
    if (kind === connector && !hasWordCharacter(text, start, i)) continue;
    for (let from = start; from < i; from += longestWord) word(from, Math.min(i, from + longestWord));
  }
}

/** The end of a word that starts with a letter, digit, connector or katakana at `start` (rules WB5 to WB13b). */
function endOfWord(text: string, start: number): number {
  let last = other;
  let lastPoint = text.codePointAt(start)!;
  let end = start;
  // Plain letters and digits join each other, and nearly all words are made of nothing else.
  for (let code = text.charCodeAt(end); code < 0x80; code = text.charCodeAt(++end)) {
    const kind = table[code]!;
    if (kind !== letter && kind !== digit) break;
    last = kind;
    lastPoint = code;
  }
  if (end > start) end = skipExtends(text, end);
  for (;;) {
    const next = end < text.length ? text.codePointAt(end)! : -1;
    const kind = next < 0 ? other : classOf(next);
    const joins =
      kind === letter || kind === digit
        ? last !== katakana
        : kind === katakana
          ? last === katakana || last === connector || last === other
          : kind === connector;
    if (joins) {
      last = kind;
      lastPoint = next;
      end = skipExtends(text, end + (next > 0xffff ? 2 : 1));
      continue;
    }
    // Hebrew abbreviations: an apostrophe after a letter is part of the word, a double quote between letters too.
    if ((next === 0x27 || next === 0x22) && isHebrew.test(String.fromCodePoint(lastPoint))) {
      const after = skipExtends(text, end + 1);
      const following = text.codePointAt(after);
      const letterFollows = following !== undefined && classOf(following) === letter;
      if (next === 0x27 && !letterFollows) return after;
      if (letterFollows && (next === 0x27 || isHebrew.test(String.fromCodePoint(following)))) {
        end = after;
        continue;
      }
    }
    // A mark between two letters or two digits joins them; anywhere else it ends the word.
    const bridges =
      last === letter
        ? kind === midLetter || kind === midBoth
        : last === digit && (kind === midDigit || kind === midBoth);
    if (!bridges) return end;
    const after = skipExtends(text, end + 1);
    if (after >= text.length || classOf(text.codePointAt(after)!) !== last) return end;
    end = after;
  }
}

function endOfRun(text: string, start: number, wanted: number): number {
  let i = start;
  while (i < text.length && classOf(text.codePointAt(i)!) === wanted)
    i = skipExtends(text, i + (text.codePointAt(i)! > 0xffff ? 2 : 1));
  return i;
}

function skipExtends(text: string, start: number): number {
  let i = start;
  while (i < text.length) {
    const code = text.charCodeAt(i);
    // No mark is below U+00AD: most characters are settled here.
    if (code < 0xad) return i;
    const point = text.codePointAt(i)!;
    if (classOf(point) !== extend) return i;
    i += point > 0xffff ? 2 : 1;
  }
  return i;
}

/** After an emoji and its marks: further ones joined to it by a zero width joiner. */
function endOfEmoji(text: string, start: number): number {
  let i = start;
  while (text.charCodeAt(i - 1) === 0x200d && i < text.length && classOf(text.codePointAt(i)!) === emoji) {
    i = skipExtends(text, i + (text.codePointAt(i)! > 0xffff ? 2 : 1));
  }
  return i;
}

function hasWordCharacter(text: string, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const kind = classOf(text.codePointAt(i)!);
    if (kind === letter || kind === digit || kind === katakana) return true;
  }
  return false;
}
