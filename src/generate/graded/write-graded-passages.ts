import { z } from 'zod';
import { type Grade, grades } from '../../core/judgement.js';
import type { Passage } from '../../core/passage.js';
import { passageText } from '../../core/passage.js';
import type { JobOptions } from '../../core/progress.js';
import type { Query } from '../../core/query.js';
import { randomStream, shuffle } from '../../core/random.js';
import type { LanguageModel } from '../../models/language-model.js';
import { loadPrompt, type PromptTemplate, renderPrompt } from '../../prompts/template.js';
import { asExcerpt } from '../../prompts/untrusted-text.js';
import { recordFault } from '../call-faults.js';
import type { Funnel } from '../funnel.js';
import { createDuplicateIndex } from '../hygiene/near-duplicates.js';
import { orderedMap } from '../ordered-map.js';
import { parseJsonReply } from '../parse-reply.js';
import { cleanPassage, faultOfPassage } from './check-passage.js';

export interface GradedWriter {
  readonly model: LanguageModel;
  readonly seed: number;
  /** @default the bundled `generate/graded-passages` */
  readonly prompt?: PromptTemplate;
  /** Words asked for, one length a level; which level gets which is drawn, so that length does not give it away. @default [30, 45, 60, 75] */
  readonly lengths?: readonly [number, number, number, number];
  /** Kinds of text, four or more, one a level, dealt out in the same way. @default passageStyles */
  readonly styles?: readonly string[];
  /** @default 0.7 */
  readonly temperature?: number;
  /** Characters of the source that are shown. @default 1600 */
  readonly maxCharacters?: number;
}

/** Passages written for one query, each with the level it was asked for: to be judged before it counts. */
export interface GradedPassages {
  readonly query: Query;
  /** Best level first; a level whose text failed its checks is missing. */
  readonly passages: readonly { readonly passage: Passage; readonly level: Grade }[];
  /** The levels left out, and why. */
  readonly faults: readonly { readonly level: Grade; readonly reason: string }[];
  /** Why there is none at all. */
  readonly reason?: string;
  readonly ledgerKeys: readonly string[];
}

/** By level, the names that prompts and replies use. */
export const levelNames = ['unrelated', 'related', 'partial', 'full'] as const;

/** Kinds of text that written passages are asked to be, as a prompt names them. */
export const passageStyles = [
  'an encyclopedia entry',
  'a news report',
  'a page of a handbook',
  'an answer in a forum',
  'a note to a colleague',
  'a paragraph of a textbook',
] as const;

const Reply = z.strictObject({
  full: z.string(),
  partial: z.string(),
  related: z.string(),
  unrelated: z.string(),
});
const replySchema = {
  type: 'object',
  properties: Object.fromEntries([...levelNames].reverse().map((name) => [name, { type: 'string' }])),
  required: [...levelNames].reverse(),
  additionalProperties: false,
};

/**
 * Passages of levels 3, 2, 1 and 0 for one query, in one reply.
 * @param source the facts to write from; without one the model writes from what it knows
 * @see SyCL, arXiv:2503.23239
 */
export async function writeGraded(
  { query, source }: { readonly query: Query; readonly source?: Passage },
  writer: GradedWriter,
  { signal }: Pick<JobOptions, 'signal'> = {},
): Promise<GradedPassages> {
  const { model, seed, temperature = 0.7, lengths = [30, 45, 60, 75], styles = passageStyles } = writer;
  const random = randomStream(seed, 'graded', query.id);
  const drawn = shuffle(lengths, random);
  const drawnStyles = shuffle(styles, random);
  const ledgerKeys: string[] = [];
  const none = (reason: string): GradedPassages => ({ query, passages: [], faults: [], reason, ledgerKeys });
  try {
    const reply = await model.generate(
      {
        messages: renderPrompt(writer.prompt ?? loadPrompt('generate/graded-passages'), {
          query: asExcerpt(query.text, { maxCharacters: 1000 }),
          source: source ? asExcerpt(passageText(source), { maxCharacters: writer.maxCharacters }) : '',
          lengths: byLevel(drawn),
          styles: byLevel(drawnStyles),
        }),
        // About 1.4 tokens a word of English, twice that for room, and the JSON around it.
        maxTokens: Math.ceil(2.8 * drawn.reduce((sum, length) => sum + length, 0)) + 60,
        temperature,
        seed: random.int(0x7fff_ffff),
        schema: replySchema,
      },
      { signal },
    );
    if (reply.key) ledgerKeys.push(reply.key);
    const parsed = parseJsonReply(reply, Reply);
    if (parsed.reason) return none(parsed.reason === 'wrong-shape' ? 'wrong-levels' : parsed.reason);
    return { query, ...checkLevels(parsed.value, query, source), ledgerKeys };
  } catch (error) {
    return none(recordFault(error));
  }
}

const byLevel = <T>(values: readonly T[]): Record<string, T> =>
  Object.fromEntries(levelNames.map((name, level) => [name, values[level]!]));

function checkLevels(
  texts: z.infer<typeof Reply>,
  query: Query,
  source?: Passage,
): Pick<GradedPassages, 'passages' | 'faults'> {
  const passages: { passage: Passage; level: Grade }[] = [];
  const faults: { level: Grade; reason: string }[] = [];
  const seen = createDuplicateIndex();
  if (source) seen.add(source.id, passageText(source));
  for (const level of [...grades].reverse()) {
    const text = cleanPassage(texts[levelNames[level]]);
    const id = `${query.id}-level${level}`;
    const reason = faultOfPassage(text, { query, source }) ?? seen.add(id, text)?.reason;
    if (reason) faults.push({ level, reason });
    else passages.push({ passage: { id, text }, level });
  }
  return { passages, faults };
}

export interface WriteGradedPassagesOptions extends GradedWriter, JobOptions {
  /** Calls under way at once. @default 4 */
  readonly concurrency?: number;
  readonly funnel?: Funnel;
}

/** Writes graded passages for each query, in order. Counted under `graded`, a passage at a time; a reply that is lost counts as four. */
export async function* writeGradedPassages(
  requests:
    | AsyncIterable<{ readonly query: Query; readonly source?: Passage }>
    | Iterable<{ readonly query: Query; readonly source?: Passage }>,
  options: WriteGradedPassagesOptions,
): AsyncGenerator<GradedPassages> {
  const { concurrency = 4, funnel, signal, onProgress } = options;
  let done = 0;
  const replies = orderedMap(requests, concurrency, async (request) => {
    signal?.throwIfAborted();
    return writeGraded(request, options, { signal });
  });
  for await (const reply of replies) {
    if (funnel) countGraded(reply, funnel);
    onProgress?.({ stage: 'graded', done: ++done });
    if (reply.passages.length > 0) yield reply;
  }
}

/** Counts one reply under `graded`. */
export function countGraded({ passages, faults, reason }: GradedPassages, funnel: Funnel): void {
  if (reason) for (const _ of grades) funnel.reject('graded', reason);
  for (const _ of passages) funnel.accept('graded');
  for (const fault of faults) funnel.reject('graded', fault.reason);
}
