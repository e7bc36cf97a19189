import type { LanguageDetector } from '../hygiene/language.js';
import { obeysPassage } from '../obeys-passage.js';
import { isRefusal } from '../parse-reply.js';
import { longestSharedRun, mainScript, scriptOf, spaceless, words } from '../words.js';
import { type PromptLines, repeats } from './echo.js';
import { type QueryTypeName, queryType } from './query-types.js';

export type QueryFault =
  | 'empty'
  | 'placeholder'
  | 'garbled'
  | 'markup'
  | 'refused'
  | 'chatter'
  | 'several-queries'
  | 'prompt-echo'
  | 'example-echo'
  | 'obeys-passage'
  | 'refers-to-passage'
  | 'too-short'
  | 'too-long'
  | 'repeats-itself'
  | 'wrong-type'
  | 'wrong-script'
  | 'wrong-language'
  | 'copied';

export interface CheckQueryOptions {
  readonly type: QueryTypeName;
  /** What it was written about, title included. */
  readonly passage: string;
  /** Words in a row that a query may share with the passage. @default 6 */
  readonly maxCopied?: number;
  /** Of the prompt: a query that repeats five words in a row of one, or a whole one, is an echo. */
  readonly promptLines?: PromptLines;
  /** The ISO 639-1 code that the query must be in, or `any`. @default the passage's language, where both can be told */
  readonly language?: string;
  /** Absent: scripts alone are compared. */
  readonly tellLanguage?: LanguageDetector;
}

// A searcher has not seen the passage. "the document" alone may be what a query is about, so a place in it or an act of it is asked for.
const reference =
  /\b(?:(?:this|that|these|those|both|the (?:above|given|following|provided|two|first|second)|above|aforementioned) (?:passages?|texts?|documents?|articles?|excerpts?|paragraphs?|section|context|study|author)|(?:in|by|from|of|to) the (?:passages?|text|article|excerpt|paragraph|given text)|(?:passage|text|article|excerpt|paragraph|author)s? (?:say|says|state|states|mention|mentions|mentioned|describe|describes|described|discuss|discusses|discussed|above|provided|given)\b|according to (?:the|this) (?:passages?|text|document|article|author|excerpt))\b/i;
// Of HTML and of chat templates. `<div>` alone may be asked about; one that closes, an entity or a turn's mark is a frame around the query.
const markup =
  /<\/[a-z][a-z0-9]*\s*>|<(?:br|hr|html|body)\b[^>]*>|&(?:amp|lt|gt|quot|apos|nbsp|#\d{1,6}|#x[0-9a-f]{1,5});|<\|[^|]*\|>|\[\/?INST\]|<\/?s>|```/i;
const placeholder =
  /^\W*(?:(?:your|insert|enter|my) (?:[\w-]+ )?(?:question|query|search|keywords?|claim|text)(?: here)?|(?:question|query|search|keywords?|claim|text|string|answer)(?: (?:goes )?here)?|(?:question|keyword|how-to|claim|comparison|multi-hop|follow-up|unanswerable|instructed) search|n\/?a|none|null|undefined|todo|lorem ipsum\b.*)\W*$/i;
const chatter =
  /^(?:(?:sure|certainly|of course|okay|ok|great|absolutely)[,!.]|(?:here(?:['’]s| is| are)|below (?:is|are)) (?:a|an|the|your|my|one|some|two|three|four|five)\b.{0,60}\b(?:question|quer(?:y|ies)|search(?:es)?|keywords?|claims?|json)\b|the (?:question|query|search)\b.{0,30}\b(?:is|would be|could be)\s*[:"“])/i;

/** No query is longer, and the patterns here take time squared. */
export const mostCharacters = 2000;

/** One line, without a name, quotation marks or list marks before it. */
export function tidyQuery(text: string): string {
  return (
    text
      .replace(/[\u0000-\u001f\u007f-\u009f\u200b\u2028\u2029\u202a-\u202e\u2060\u2066-\u2069\ufeff]+/gu, ' ')
      .replace(/\p{Surrogate}/gu, '')
      .replace(/\s+/gu, ' ')
      .trim()
      .replace(/^(?:[-*•]|\d{1,2}[.)])\s+/u, '')
      .replace(
        /^\**(?:question|query|keywords?|how-to|claim|comparison|search)(?: (?:search|query))?\**:\**\s*/iu,
        '',
      )
      // A quotation within a query is the searcher's own.
      .replace(/^["'“”«»`]+([^"“”«»`]*?)["'“”«»`]*$/u, '$1')
      .trim()
  );
}

/** Whether a value holds several queries: a list of lines, or two questions each with its own mark. */
export function isSeveral(text: string): boolean {
  const lines = text.split(/\s*[\r\n]+\s*/u).filter((line) => words(line).length >= 2);
  if (lines.length > 1) return true;
  if (/(?:^|\s)1[.)]\s.*\s2[.)]\s/u.test(text)) return true;
  // A mark within a query may be what it is about; two questions each end with one.
  return /[?\uff1f\u061f](?:\s+\p{L}|[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]).*[?\uff1f\u061f]\W*$/su.test(
    text,
  );
}

/** Why a written query cannot be used, or undefined. Pure: duplicates are another stage's. */
export function checkQuery(text: string, options: CheckQueryOptions): QueryFault | undefined {
  return textFault(text, options) ?? kindFault(text, options);
}

/** Why a text is nothing that a searcher writes, whatever its kind. */
export function textFault(text: string, options: CheckQueryOptions): QueryFault | undefined {
  const { passage, promptLines } = options;
  if (text.length > mostCharacters) return 'too-long';
  const found = words(text);
  if (found.length === 0) return 'empty';
  if (text.includes('\ufffd')) return 'garbled';
  if (markup.test(text)) return 'markup';
  if (placeholder.test(text)) return 'placeholder';
  if (isRefusal(text)) return 'refused';
  if (chatter.test(text)) return 'chatter';
  if (isSeveral(text)) return 'several-queries';
  if (promptLines && repeats(found, promptLines.shown)) return 'example-echo';
  if (promptLines && repeats(found, promptLines.asked)) return 'prompt-echo';
  if (obeysPassage(found, passage)) return 'obeys-passage';
  if (reference.test(text)) return 'refers-to-passage';
  return languageFault(text, options);
}

/** Why a text is no query of the kind that was asked for. */
function kindFault(
  text: string,
  { type, passage, maxCopied = 6 }: CheckQueryOptions,
): QueryFault | undefined {
  const { length, fits } = queryType(type);
  const found = words(text);
  // Where a character is a word, about two make up one.
  const perWord = spaceless.test(text) ? 2 : 1;
  if (found.length < length[0]) return 'too-short';
  if (loops(found)) return 'repeats-itself';
  if (found.length > length[1] * perWord) return 'too-long';
  if (mainScript(text) === 'Latin' && looksEnglish(found) && !fits(text)) return 'wrong-type';
  const shared = longestSharedRun(found, words(passage));
  // A short keyword search may well stand in the passage; a whole sentence that does is copied.
  if (shared > maxCopied * perWord || (shared === found.length && shared >= 5 * perWord)) return 'copied';
  return undefined;
}

function languageFault(
  text: string,
  { type, passage, language, tellLanguage }: CheckQueryOptions,
): 'wrong-script' | 'wrong-language' | undefined {
  if (language === 'any') return undefined;
  const told = tellLanguage?.(text);
  const script = mainScript(text);
  if (language !== undefined) {
    if (told !== undefined && told !== language) return 'wrong-language';
    const written = scriptOf(language);
    return script && written && script !== written ? 'wrong-script' : undefined;
  }
  const passageScript = mainScript(passage);
  // A formula or a number is no script; a query without letters fits any passage.
  if (script && passageScript && script !== passageScript) return 'wrong-script';
  // A few technical terms are of no language: of 1,203 real queries 7 were taken for another one, all bare words.
  if (told === undefined || type === 'keyword') return undefined;
  const expected = tellLanguage?.(passage);
  return expected !== undefined && told !== expected ? 'wrong-language' : undefined;
}

/** Whether the same few words come again and again: a model that has lost its way. */
const loops = (found: readonly string[]): boolean =>
  found.length >= 8 && new Set(found).size <= 0.4 * found.length;

// The signs of a type are English ones; other languages in the Latin script are not held to them.
const english = new Set(
  'the of and to in is a for how what why can do does with on from are when which an it not if'.split(' '),
);
const looksEnglish = (found: readonly string[]): boolean => found.some((word) => english.has(word));
