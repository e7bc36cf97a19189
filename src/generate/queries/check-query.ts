import { isRefusal } from '../parse-reply.js';
import { longestSharedRun, mainScript, spaceless, words } from '../words.js';
import { type QueryTypeName, queryType } from './query-types.js';

export type QueryFault =
  | 'empty'
  | 'refused'
  | 'prompt-echo'
  | 'refers-to-passage'
  | 'too-short'
  | 'too-long'
  | 'wrong-type'
  | 'wrong-script'
  | 'copied';

export interface CheckQueryOptions {
  readonly type: QueryTypeName;
  /** What it was written about, title included. */
  readonly passage: string;
  /** Words in a row that a query may share with the passage. @default 6 */
  readonly maxCopied?: number;
  /** `echoLines` of the prompt: a query that repeats five words in a row of one, or a whole one, is an echo. */
  readonly promptLines?: readonly (readonly string[])[];
}

// A searcher has not seen the passage. "the document" alone may be what a query is about, so a place in it or an act of it is asked for.
const reference =
  /\b(?:(?:this|that|the (?:above|given|following|provided)|above|aforementioned) (?:passage|text|document|article|excerpt|paragraph|section|context|study|author)|(?:in|by|from|of|to) the (?:passage|text|article|excerpt|paragraph|given text)|(?:passage|text|article|excerpt|paragraph|author)s? (?:say|says|state|states|mention|mentions|mentioned|describe|describes|described|discuss|discusses|discussed|above|provided|given)\b|according to (?:the|this) (?:passage|text|document|article|author|excerpt))\b/i;

/** One line, no quotation marks or list marks around it. */
export function tidyQuery(text: string): string {
  return (
    text
      .replace(/[\u0000-\u001f\u007f]+/gu, ' ')
      .replace(/\s+/gu, ' ')
      .trim()
      .replace(/^(?:[-*•]|\d+[.)])\s+/u, '')
      // A quotation within a query is the searcher's own.
      .replace(/^["'“”«»`]+([^"“”«»`]*?)["'“”«»`]*$/u, '$1')
      .trim()
  );
}

/** Why a written query cannot be used, or undefined. Pure: duplicates are another stage's. */
export function checkQuery(text: string, options: CheckQueryOptions): QueryFault | undefined {
  const { passage, maxCopied = 6, promptLines = [] } = options;
  const { length, fits } = queryType(options.type);
  const found = words(text);
  if (found.length === 0) return 'empty';
  if (isRefusal(text)) return 'refused';
  if (isEcho(found, promptLines)) return 'prompt-echo';
  if (reference.test(text)) return 'refers-to-passage';
  const script = mainScript(text);
  const passageScript = mainScript(passage);
  // A formula or a number is no script; a query without letters fits any passage.
  if (script && passageScript && script !== passageScript) return 'wrong-script';
  // Where a character is a word, about two make up one.
  const perWord = spaceless.test(text) ? 2 : 1;
  if (found.length < length[0]) return 'too-short';
  if (found.length > length[1] * perWord) return 'too-long';
  if (script === 'Latin' && looksEnglish(found) && !fits(text)) return 'wrong-type';
  const shared = longestSharedRun(found, words(passage));
  // A short keyword search may well stand in the passage; a whole sentence that does is copied.
  if (shared > maxCopied * perWord || (shared === found.length && shared >= 5 * perWord)) return 'copied';
  return undefined;
}

/** The words of each line of a prompt without its passage; the value alone of an example such as `{"question": "…"}`. */
export const echoLines = (promptText: string): string[][] =>
  promptText
    .split('\n')
    .map((line) => words(line.replace(/^\{"[^"]*":/, '')))
    .filter((line) => line.length > 0);

function isEcho(found: readonly string[], promptLines: readonly (readonly string[])[]): boolean {
  return promptLines.some((line) => {
    const shared = longestSharedRun(found, line);
    return shared >= 5 || (shared === found.length && shared === line.length);
  });
}

// The signs of a type are English ones; other languages in the Latin script are not held to them.
const english = new Set(
  'the of and to in is a for how what why can do does with on from are when which an it not if'.split(' '),
);
const looksEnglish = (found: readonly string[]): boolean => found.some((word) => english.has(word));
