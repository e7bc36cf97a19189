import { z } from 'zod';
import { type Passage, passageText } from '../../core/passage.js';
import type { Query } from '../../core/query.js';
import { randomStream } from '../../core/random.js';
import type { CallOptions, LanguageModel } from '../../models/language-model.js';
import { loadPrompt, type PromptTemplate, renderPrompt } from '../../prompts/template.js';
import { asExcerpt } from '../../prompts/untrusted-text.js';
import { recordFault } from '../call-faults.js';
import { cleanPassage, faultOfPassage } from '../graded/check-passage.js';
import { createDuplicateIndex } from '../hygiene/near-duplicates.js';
import { parseJsonReply } from '../parse-reply.js';
import { words } from '../words.js';
import { repeats } from './repeats.js';

export interface NegativeWriter {
  readonly model: LanguageModel;
  /** @default the bundled `generate/negatives` */
  readonly prompt?: PromptTemplate;
  /** @default 0.7 */
  readonly temperature?: number;
  /** Characters of the positive that are shown. @default 1600 */
  readonly maxCharacters?: number;
  /** Replies asked for at most, for one query, until enough hold. @default 2 */
  readonly attempts?: number;
}

export interface WriteNegativesRequest {
  readonly query: Query;
  /** What answers the query: the first is shown to the writer, and none may be repeated. */
  readonly positives: readonly Passage[];
  readonly count: number;
  /** 0 for the first reply asked for: each has its own seed and its own ids. */
  readonly attempt: number;
  readonly seed: number;
}

export interface WrittenNegatives {
  /** At most as many as asked for: to be judged before they count. */
  readonly passages: readonly Passage[];
  /** Why others were left out; each text that is missing counts. */
  readonly rejected: readonly string[];
  readonly ledgerKeys: readonly string[];
}

/** Each text apart, so that one that is no text costs one negative and not the reply. */
const Reply = z.strictObject({ passages: z.array(z.unknown()) });
const replySchema = (count: number) => ({
  type: 'object',
  properties: {
    passages: { type: 'array', items: { type: 'string' }, minItems: count, maxItems: count },
  },
  required: ['passages'],
  additionalProperties: false,
});

/** Share of a length that is added or taken off, so that neither side is longer as a rule. */
const spread = 0.3;

/**
 * Passages on the query's subject that do not answer it, all in one reply, about as long as the positive. What a reply
 * holds is data: refusals, labels, the query or the positive over again and texts of another script are left out with a reason.
 */
export async function writeNegatives(
  { query, positives, count, attempt, seed }: WriteNegativesRequest,
  { model, prompt, temperature = 0.7, maxCharacters }: Omit<NegativeWriter, 'attempts'>,
  { signal }: CallOptions = {},
): Promise<WrittenNegatives> {
  const random = randomStream(seed, 'written-negatives', query.id, attempt);
  const source = positives[0];
  const typical = Math.min(150, Math.max(20, source ? words(passageText(source)).length : 60));
  const lengths = Array.from({ length: count }, () =>
    Math.round(typical * (1 + spread * (2 * random.next() - 1))),
  );
  const none = (reason: string, ledgerKeys: readonly string[] = []): WrittenNegatives => ({
    passages: [],
    rejected: Array.from({ length: count }, () => reason),
    ledgerKeys,
  });
  try {
    const reply = await model.generate(
      {
        messages: renderPrompt(prompt ?? loadPrompt('generate/negatives'), {
          query: asExcerpt(query.text, { maxCharacters: 1000 }),
          source: source ? asExcerpt(passageText(source), { maxCharacters }) : '',
          count,
          lengths: lengths.join(', '),
        }),
        // About 1.4 tokens a word of English, twice that for room, and the JSON around it.
        maxTokens: Math.ceil(2.8 * lengths.reduce((sum, length) => sum + length, 0)) + 60,
        temperature,
        seed: random.int(0x7fff_ffff),
        schema: replySchema(count),
      },
      { signal },
    );
    const ledgerKeys = reply.key ? [reply.key] : [];
    const parsed = parseJsonReply(reply, Reply);
    if (parsed.reason) return none(parsed.reason, ledgerKeys);
    return { ...checked(parsed.value.passages, { query, positives, count, attempt, seed }), ledgerKeys };
  } catch (error) {
    return none(recordFault(error));
  }
}

function checked(
  texts: readonly unknown[],
  { query, positives, count, attempt }: WriteNegativesRequest,
): Pick<WrittenNegatives, 'passages' | 'rejected'> {
  const passages: Passage[] = [];
  const rejected: string[] = [];
  const repeatsPositive = repeats(positives);
  const seen = createDuplicateIndex();
  for (const [index, given] of texts.slice(0, count).entries()) {
    const text = typeof given === 'string' ? cleanPassage(given) : '';
    const id = `${query.id}-negative-${attempt + 1}-${index + 1}`;
    const passage = { id, text };
    const reason =
      faultOfPassage(text, { query, source: positives[0] }) ??
      repeatsPositive(passage) ??
      seen.add(id, text)?.reason;
    if (reason) rejected.push(reason);
    else passages.push(passage);
  }
  for (let missing = texts.length; missing < count; missing++) rejected.push('missing');
  return { passages, rejected };
}
