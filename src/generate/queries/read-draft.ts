import type { GenerateReply } from '../../models/language-model.js';
import { parseJsonReply, type ReplyFault } from '../parse-reply.js';
import { normaliseText, words } from '../words.js';
import {
  type CheckQueryOptions,
  checkQuery,
  isSeveral,
  mostCharacters,
  type QueryFault,
  textFault,
  tidyQuery,
} from './check-query.js';
import { type Draft, formShape } from './forms/form.js';
import { queryType, replyKey } from './query-types.js';

/** Why a reply gives no query. */
export type DraftReason = Exclude<ReplyFault, 'several'> | QueryFault | 'not-a-follow-up' | 'wrong-condition';

export type ReadDraft =
  | { readonly draft: Draft; readonly reason?: undefined }
  | { readonly draft?: undefined; readonly reason: DraftReason };

/** The checked query of a reply, or why there is none: every reply has exactly one of the two. Pure. */
export function readDraft(
  reply: Pick<GenerateReply, 'text' | 'finish'>,
  options: CheckQueryOptions,
): ReadDraft {
  const { form } = queryType(options.type);
  const key = replyKey(options.type);
  const parsed = parseJsonReply(reply, formShape(form, key));
  if (parsed.reason) return { reason: parsed.reason === 'several' ? 'several-queries' : parsed.reason };
  const draft = form.read(parsed.value, key);
  if (typeof draft === 'string') return { reason: draft };
  const texts = [draft.text, draft.standalone, draft.condition, ...(draft.history ?? [])];
  if (texts.some((text) => (text?.length ?? 0) > mostCharacters)) return { reason: 'too-long' };
  // Before lines become one.
  if (isSeveral(draft.text)) return { reason: 'several-queries' };
  const tidy = tidyDraft(draft, options);
  const reason = draftFault(tidy, options);
  return reason ? { reason } : { draft: tidy };
}

function tidyDraft({ text, history, standalone, condition }: Draft, { type }: CheckQueryOptions): Draft {
  // Nobody types a full stop; a claim is a sentence, and in a keyword search it is the sign of one.
  const keepsStop = type === 'claim' || type === 'keyword';
  const tidy = (one: string): string =>
    keepsStop ? tidyQuery(one) : tidyQuery(one).replace(/[.\u3002]+$/u, '');
  return {
    text: tidy(text),
    ...(history && { history: history.map(tidy) }),
    ...(standalone !== undefined && { standalone: tidy(standalone) }),
    ...(condition !== undefined && { condition: tidyQuery(condition) }),
  };
}

function draftFault(draft: Draft, options: CheckQueryOptions): DraftReason | undefined {
  const { text, history, standalone, condition } = draft;
  if (history !== undefined && standalone !== undefined) {
    for (const turn of [...history, text]) {
      const fault = textFault(turn, { ...options, tellLanguage: undefined });
      if (fault) return fault;
    }
    return checkQuery(standalone, options) ?? (leans(draft) ? undefined : 'not-a-follow-up');
  }
  return (
    checkQuery(text, options) ?? (condition === undefined ? undefined : conditionFault(condition, options))
  );
}

/** Whether the last question takes something from those before it: a word that it leaves out, and that stands there. */
function leans({ text, history = [], standalone = '' }: Draft): boolean {
  const turns = history.map(normaliseText);
  if (turns.includes(normaliseText(text)) || turns.includes(normaliseText(standalone))) return false;
  const said = new Set(words(text));
  const before = history.flatMap(words);
  return words(standalone).some(
    (word) => word.length > 3 && !said.has(word) && before.some((earlier) => sameStem(earlier, word)),
  );
}

// "radiator" and "radiators", "repariert" and "reparieren": enough for whether a word was mentioned.
const sameStem = (a: string, b: string): boolean => {
  const least = Math.max(4, Math.min(a.length, b.length) - 2);
  return a.slice(0, least) === b.slice(0, least);
};

// What every relevant passage does narrows nothing.
const narrowsNothing =
  /\b(?:answers?|relevant|related|relates?|match(?:es)?|address(?:es)?) (?:to )?(?:the|this|that|your) (?:query|question|search|topic|subject)\b|^(?:are|is) (?:relevant|useful|helpful)\b/i;

function conditionFault(condition: string, options: CheckQueryOptions): DraftReason | undefined {
  const found = words(condition);
  if (found.length < 2 || found.length > 30 || narrowsNothing.test(condition)) return 'wrong-condition';
  const fault = textFault(condition, options);
  return fault === 'refers-to-passage' ? 'wrong-condition' : fault;
}
