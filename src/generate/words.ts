import { normalise } from '../core/normalise.js';

/** A character of a script that is written without spaces. */
export const spaceless =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;

// There each character counts as a word, so that lengths and n-grams mean something too.
const word = new RegExp(`${spaceless.source}\\p{M}*|(?:(?!${spaceless.source})[\\p{L}\\p{N}\\p{M}])+`, 'gu');

/** A text's words, lower case, compatibility forms folded, punctuation and emoji left out. */
export const words = (text: string): string[] =>
  // Most text by far, and sooner done.
  (/^[\u0000-\u007f]*$/.test(text)
    ? text.toLowerCase().match(/[a-z0-9]+/g)
    : normalise(text).toLowerCase().match(word)) ?? [];

/** What two texts have in common when they differ in case, spacing and punctuation only; the bare text where it has no words (emoji). */
export function normaliseText(text: string): string {
  return words(text).join(' ') || normalise(text).replace(/\s+/gu, ' ').trim();
}

/**
 * The words of the longest run that both texts contain, 0 when they share none. O(a + b) time, O(min(a, b)) memory: a query as
 * long as a book must not hold up a server.
 */
export function longestSharedRun(a: readonly string[], b: readonly string[]): number {
  const [shorter, longer] = a.length < b.length ? [a, b] : [b, a];
  let state = suffixAutomaton(shorter);
  let run = 0;
  let longest = 0;
  for (const word of longer) {
    while (state.link && !state.next.has(word)) {
      state = state.link;
      run = state.length;
    }
    const next = state.next.get(word);
    if (!next) continue; // at the start, where no run is under way
    state = next;
    run++;
    if (run > longest) longest = run;
  }
  return longest;
}

/** The runs of words that end at the same places. */
interface RunState {
  /** Of the longest of these runs. */
  readonly length: number;
  /** The longest ending of these runs that also stands elsewhere; only the start, the empty run, has none. */
  link: RunState | undefined;
  readonly next: Map<string, RunState>;
}

/** Reads exactly the runs of a text, from the returned start. @see Blumer et al. 1985, the smallest automaton of the subwords of a text */
function suffixAutomaton(text: readonly string[]): RunState {
  const start: RunState = { length: 0, link: undefined, next: new Map() };
  let last = start;
  for (const word of text) {
    const added: RunState = { length: last.length + 1, link: start, next: new Map() };
    let from: RunState | undefined = last;
    for (; from && !from.next.has(word); from = from.link) from.next.set(word, added);
    if (from) added.link = splitOff(from, word);
    last = added;
  }
  return start;
}

/** The state of the run that `from` makes with a word, parted from longer runs that no longer end where it does. */
function splitOff(from: RunState, word: string): RunState {
  const to = from.next.get(word)!;
  const length = from.length + 1;
  if (to.length === length) return to;
  const parted: RunState = { length, link: to.link, next: new Map(to.next) };
  for (let at: RunState | undefined = from; at?.next.get(word) === to; at = at.link)
    at.next.set(word, parted);
  to.link = parted;
  return parted;
}

/** How many words of `a` also stand in `b`, in the same order. O(a · b) time, O(b) memory. */
export function commonSubsequence(a: readonly string[], b: readonly string[]): number {
  let previous = new Uint32Array(b.length + 1);
  for (const left of a) {
    const current = new Uint32Array(b.length + 1);
    for (let j = 0; j < b.length; j++)
      current[j + 1] = left === b[j] ? previous[j]! + 1 : Math.max(previous[j + 1]!, current[j]!);
    previous = current;
  }
  return previous[b.length]!;
}

const scripts = [
  'Latin',
  'Cyrillic',
  'Greek',
  'Arabic',
  'Hebrew',
  'Devanagari',
  'Bengali',
  'Tamil',
  'Telugu',
  'Kannada',
  'Malayalam',
  'Gujarati',
  'Gurmukhi',
  'Sinhala',
  'Thai',
  'Lao',
  'Khmer',
  'Myanmar',
  'Tibetan',
  'Georgian',
  'Armenian',
  'Ethiopic',
  'Hangul',
] as const;
const scriptPatterns: readonly (readonly [string, RegExp])[] = [
  ...scripts.map((name) => [name, new RegExp(`\\p{Script=${name}}`, 'gu')] as const),
  // Japanese mixes three of them, and a Chinese query about a Japanese text may use one.
  ['Han', /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/gu],
];

/** The script that most letters of a text are written in, or undefined where there are no letters. Han stands for Chinese and Japanese. */
export function mainScript(text: string): string | undefined {
  // Most text by far, and 24 patterns are slow.
  if (/^[\u0000-\u007f]*$/.test(text)) return /[a-z]/i.test(text) ? 'Latin' : undefined;
  let best: string | undefined;
  let most = 0;
  for (const [name, pattern] of scriptPatterns) {
    const count = text.match(pattern)?.length ?? 0;
    if (count > most) [best, most] = [name, count];
  }
  return best;
}

const scriptsByCode: Readonly<Record<string, string>> = {
  Latn: 'Latin',
  Cyrl: 'Cyrillic',
  Grek: 'Greek',
  Arab: 'Arabic',
  Hebr: 'Hebrew',
  Deva: 'Devanagari',
  Beng: 'Bengali',
  Taml: 'Tamil',
  Telu: 'Telugu',
  Knda: 'Kannada',
  Mlym: 'Malayalam',
  Gujr: 'Gujarati',
  Sinh: 'Sinhala',
  Thai: 'Thai',
  Laoo: 'Lao',
  Khmr: 'Khmer',
  Mymr: 'Myanmar',
  Tibt: 'Tibetan',
  Geor: 'Georgian',
  Armn: 'Armenian',
  Ethi: 'Ethiopic',
  Kore: 'Hangul',
  Hans: 'Han',
  Hant: 'Han',
  Jpan: 'Han',
};
const twoScripts = new Set('sr uz az kk ky tg tk tt mn ku ms bs pa sd ks ha'.split(' '));

/** The script that a language is written in, by its ISO 639-1 code, named as `mainScript` does; undefined where it is written in two. */
export function scriptOf(language: string): string | undefined {
  if (twoScripts.has(language)) return undefined;
  try {
    return scriptsByCode[new Intl.Locale(language).maximize().script ?? ''];
  } catch {
    return undefined;
  }
}
