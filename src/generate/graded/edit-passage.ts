import { z } from 'zod';
import { type Passage, passageText } from '../../core/passage.js';
import type { Query } from '../../core/query.js';
import { randomStream } from '../../core/random.js';
import type { CallOptions } from '../../models/language-model.js';
import { loadPrompt, renderPrompt } from '../../prompts/template.js';
import { asExcerpt } from '../../prompts/untrusted-text.js';
import { recordFault } from '../call-faults.js';
import { parseJsonReply } from '../parse-reply.js';
import { commonSubsequence, normaliseText, words } from '../words.js';
import { cleanPassage, faultOfPassage } from './check-passage.js';
import type { GradedWriter } from './write-graded-passages.js';

/** What an edit does to the fact that a query asks for: takes it out, or puts a false one in its place. */
export type PassageEdit = 'missing' | 'wrong';

export interface EditRequest {
  readonly query: Query;
  /** A passage that answers the query. */
  readonly passage: Passage;
  readonly how: PassageEdit;
}

/** A passage as it was but for one fact, or why there is none. */
export type EditedPassage = (
  | {
      readonly passage: Passage;
      /** The fact that it no longer states, in the words of the passage it was made from. */
      readonly fact: string;
      /** Share of the original's words that stand in the edited one in the same order, 0 to 1. */
      readonly kept: number;
      readonly reason?: undefined;
    }
  | { readonly passage?: undefined; readonly reason: string }
) & { readonly ledgerKeys: readonly string[] };

const Reply = z.strictObject({ fact: z.string(), passage: z.string() });
const replySchema = {
  type: 'object',
  properties: { fact: { type: 'string' }, passage: { type: 'string' } },
  required: ['fact', 'passage'],
  additionalProperties: false,
};

/** Share of the original's words below which a text was written anew rather than edited. */
const leastKept = 0.5;

/**
 * A hard negative by a minimal edit: the passage again, with exactly the fact that the query asks for missing or wrong. The
 * fact must stand in the original and not in the edit, and at least half of the original's words must be left in their order.
 */
export async function editPassage(
  { query, passage: original, how }: EditRequest,
  { model, seed, temperature = 0.7, maxCharacters = 1600 }: GradedWriter,
  { signal }: CallOptions = {},
): Promise<EditedPassage> {
  const shown = asExcerpt(passageText(original), { maxCharacters });
  const ledgerKeys: string[] = [];
  try {
    const reply = await model.generate(
      {
        messages: renderPrompt(loadPrompt('generate/minimal-edit'), {
          query: asExcerpt(query.text, { maxCharacters: 1000 }),
          passage: shown,
          how,
        }),
        maxTokens: Math.ceil(2.8 * words(shown).length) + 80,
        temperature,
        seed: randomStream(seed, 'minimal-edit', query.id, original.id, how).int(0x7fff_ffff),
        schema: replySchema,
      },
      { signal },
    );
    if (reply.key) ledgerKeys.push(reply.key);
    const parsed = parseJsonReply(reply, Reply);
    if (parsed.reason) return { reason: parsed.reason, ledgerKeys };
    const text = cleanPassage(parsed.value.passage);
    const fact = cleanPassage(parsed.value.fact);
    const kept = shareKept(shown, text);
    const reason = faultOfPassage(text, { query }) ?? faultOfEdit({ shown, text, fact, kept });
    if (reason) return { reason, ledgerKeys };
    return { passage: { id: `${query.id}-${how}`, text }, fact, kept, ledgerKeys };
  } catch (error) {
    return { reason: recordFault(error), ledgerKeys };
  }
}

function shareKept(original: string, edited: string): number {
  const before = words(original);
  return before.length === 0 ? 0 : commonSubsequence(before, words(edited)) / before.length;
}

function faultOfEdit({
  shown,
  text,
  fact,
  kept,
}: Record<'shown' | 'text' | 'fact', string> & { kept: number }) {
  const has = (whole: string): boolean => ` ${normaliseText(whole)} `.includes(` ${normaliseText(fact)} `);
  if (normaliseText(text) === normaliseText(shown)) return 'unchanged';
  if (words(fact).length === 0 || !has(shown)) return 'fact-not-in-source';
  if (has(text)) return 'fact-still-there';
  if (kept < leastKept) return 'not-minimal';
  return undefined;
}
