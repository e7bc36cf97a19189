import { z } from 'zod';
import type { Grade } from '../../core/judgement.js';
import { type Passage, passageText } from '../../core/passage.js';
import type { Query } from '../../core/query.js';
import { randomStream } from '../../core/random.js';
import type { CallOptions } from '../../models/language-model.js';
import { loadPrompt, renderPrompt } from '../../prompts/template.js';
import { asExcerpt } from '../../prompts/untrusted-text.js';
import { recordFault } from '../call-faults.js';
import { parseJsonReply } from '../parse-reply.js';
import { words } from '../words.js';
import { cleanPassage, faultOfPassage } from './check-passage.js';
import { type GradedWriter, levelNames } from './write-graded-passages.js';

export interface RewriteRequest {
  readonly query: Query;
  /** What was written, and judged to be of another level. */
  readonly passage: Passage;
  readonly asked: Grade;
  readonly judged: Grade;
  /** The facts to write from. */
  readonly source?: Passage;
  /** 0 for the first rewrite: each has its own seed. */
  readonly attempt: number;
}

/** A written passage, or why there is none. */
export type WrittenPassage = (
  | { readonly passage: Passage; readonly reason?: undefined }
  | { readonly passage?: undefined; readonly reason: string }
) & { readonly ledgerKeys: readonly string[] };

const Reply = z.strictObject({ passage: z.string() });
const replySchema = {
  type: 'object',
  properties: { passage: { type: 'string' } },
  required: ['passage'],
  additionalProperties: false,
};

/** Writes a passage anew that was judged too good or too poor for the level it was asked for. It keeps its id and its length. */
export async function rewritePassage(
  { query, passage, asked, judged, source, attempt }: RewriteRequest,
  { model, seed, temperature = 0.7, maxCharacters }: GradedWriter,
  { signal }: CallOptions = {},
): Promise<WrittenPassage> {
  const length = words(passage.text).length;
  const random = randomStream(seed, 'rewrite', query.id, asked, attempt);
  const ledgerKeys: string[] = [];
  try {
    const reply = await model.generate(
      {
        messages: renderPrompt(loadPrompt('generate/rewrite-level'), {
          query: asExcerpt(query.text, { maxCharacters: 1000 }),
          passage: asExcerpt(passageText(passage), { maxCharacters }),
          source: source ? asExcerpt(passageText(source), { maxCharacters }) : '',
          level: levelNames[asked],
          words: length,
          answers: judged > asked ? 'more' : 'less',
        }),
        maxTokens: Math.ceil(2.8 * length) + 40,
        temperature,
        seed: random.int(0x7fff_ffff),
        schema: replySchema,
      },
      { signal },
    );
    if (reply.key) ledgerKeys.push(reply.key);
    const parsed = parseJsonReply(reply, Reply);
    if (parsed.reason) return { reason: parsed.reason, ledgerKeys };
    const text = cleanPassage(parsed.value.passage);
    const reason = faultOfPassage(text, { query, source });
    return reason ? { reason, ledgerKeys } : { passage: { ...passage, text }, ledgerKeys };
  } catch (error) {
    return { reason: recordFault(error), ledgerKeys };
  }
}
