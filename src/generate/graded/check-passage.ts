import { type Passage, passageText } from '../../core/passage.js';
import type { Query } from '../../core/query.js';
import { sentenceObeys } from '../obeys-passage.js';
import { isRefusal } from '../parse-reply.js';
import { longestSharedRun, mainScript, normaliseText, words } from '../words.js';

/** What a model writes beside the passage when it names the level instead of meeting it. */
const label =
  /\b(?:level|grade|score)\s*[:=]?\s*[0-3]\b|\b(?:fully|partially|highly|not|ir)[ -]?relevant\b|\bthis (?:passage|text) (?:answers|does not|doesn['’]t|is about|is un)|^\W*(?:full|partial|related|unrelated)\s*[:"–-]/iu;

/** A tag of the prompts' frames: a model that repeats its prompt has written no passage. */
const frameTag = /<\/?(?:query|passage|document|topic)>/iu;

/** A written text without control characters, which JSON may carry and files may not. */
export const cleanPassage = (text: string): string =>
  text.replace(/[\u0000-\u0008\u000b-\u001f\u007f]+/gu, ' ').trim();

export interface PassageChecks {
  readonly query: Query;
  /** What it must not copy, and whose orders it must not have followed. */
  readonly source?: Passage;
}

/** Why a written text is no passage for a query, or undefined where it may be one. */
export function faultOfPassage(text: string, { query, source }: PassageChecks): string | undefined {
  const found = words(text);
  if (found.length < 5) return 'empty';
  if (isRefusal(text)) return 'refused';
  if (label.test(text)) return 'label-inside';
  if (frameTag.test(text)) return 'prompt-echo';
  const asked = words(query.text);
  // A claim may well be stated again by what supports it; a passage that is little more than the query is not one.
  if (normaliseText(text).startsWith(normaliseText(query.text)) && asked.length >= 4) return 'query-repeated';
  const [script, queryScript] = [mainScript(text), mainScript(query.text)];
  if (script && queryScript && script !== queryScript) return 'wrong-script';
  if (source && longestSharedRun(found, words(source.text)) >= Math.max(15, 0.6 * found.length))
    return 'copied';
  if (source && sentenceObeys(text, passageText(source))) return 'obeys-passage';
  return undefined;
}
