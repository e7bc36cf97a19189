import { z } from 'zod';
import type { JobOptions } from '../../core/progress.js';
import { randomStream, shuffle } from '../../core/random.js';
import type { LanguageModel } from '../../models/language-model.js';
import { loadPrompt, type PromptTemplate, renderPrompt } from '../../prompts/template.js';
import { asExcerpt, asLine } from '../../prompts/untrusted-text.js';
import { recordFault } from '../call-faults.js';
import type { Funnel } from '../funnel.js';
import { createDuplicateIndex } from '../hygiene/near-duplicates.js';
import { isRefusal, parseJsonReply } from '../parse-reply.js';
import { words } from '../words.js';
import { tidyQuery } from './check-query.js';

export interface TopicWriter {
  readonly model: LanguageModel;
  readonly seed: number;
  /** What the collection is about, in the user's words, for instance "care of houseplants". */
  readonly domain: string;
  /** Topics of the user's own to begin with: they are yielded too. */
  readonly known?: readonly string[];
  /** @default the bundled `generate/topics` */
  readonly prompt?: PromptTemplate;
  /** @default 0.9 */
  readonly temperature?: number;
  /** Topics asked for in one call. @default 8 */
  readonly perCall?: number;
}

export interface WriteTopicsOptions extends TopicWriter, JobOptions {
  /** Different topics wanted. */
  readonly count: number;
  /** Calls without a single new topic after which no more are asked for. @default 3 */
  readonly patience?: number;
  readonly funnel?: Funnel;
}

export interface Topic {
  /** `t0`, `t1`, … in the order of acceptance. */
  readonly id: string;
  readonly text: string;
  readonly ledgerKeys: readonly string[];
}

const Reply = z.object({ topics: z.array(z.string()) });
const replySchema = (count: number) => ({
  type: 'object',
  properties: { topics: { type: 'array', items: { type: 'string' }, minItems: 1, maxItems: count } },
  required: ['topics'],
  additionalProperties: false,
});
/** Known topics shown in a call: more would fill the prompt of a small model. */
const shownTopics = 20;

/**
 * Different topics within a domain, one call after the other, since each is shown some that are there already. Duplicates and near-duplicates (by
 * single words, .6 or more) are counted under `topics`. Ends early where the model repeats itself.
 * @see Esfandiarpoor et al. 2025 (SyCL, arXiv:2503.23239), training data without documents
 */
export async function* writeTopics(options: WriteTopicsOptions): AsyncGenerator<Topic> {
  const { count, patience = 3, funnel, signal, onProgress } = options;
  const seen = createDuplicateIndex({ shingle: 1, threshold: 0.6, seed: options.seed });
  const accepted: string[] = [];
  const admit = (text: string): boolean => {
    const reason = topicFault(text, options.domain) ?? seen.add(text, text)?.reason;
    if (reason) funnel?.reject('topics', reason);
    else {
      funnel?.accept('topics');
      accepted.push(text);
    }
    return reason === undefined;
  };
  const topic = (ledgerKeys: readonly string[]): Topic => {
    onProgress?.({ stage: 'topics', done: accepted.length, total: count });
    return { id: `t${accepted.length - 1}`, text: accepted.at(-1)!, ledgerKeys };
  };
  for (const own of options.known ?? []) {
    if (accepted.length >= count) return;
    if (admit(tidyQuery(own))) yield topic([]);
  }
  let fruitless = 0;
  for (let call = 0; accepted.length < count && fruitless < patience; call++) {
    signal?.throwIfAborted();
    const before = accepted.length;
    const { texts, reason, ledgerKeys } = await askTopics(options, accepted, call);
    if (reason) funnel?.reject('topics', reason);
    for (const text of texts) {
      if (accepted.length >= count) break;
      if (admit(tidyQuery(text))) yield topic(ledgerKeys);
    }
    fruitless = accepted.length === before ? fruitless + 1 : 0;
  }
}

async function askTopics(
  writer: WriteTopicsOptions,
  accepted: readonly string[],
  call: number,
): Promise<{ texts: readonly string[]; reason?: string; ledgerKeys: readonly string[] }> {
  const { model, seed, domain, temperature = 0.9, perCall = 8, signal } = writer;
  const random = randomStream(seed, 'topics', call);
  const ledgerKeys: string[] = [];
  try {
    const reply = await model.generate(
      {
        messages: renderPrompt(writer.prompt ?? loadPrompt('generate/topics'), {
          domain: asExcerpt(domain, { maxCharacters: 1000 }),
          count: perCall,
          known: shuffle(accepted, random).slice(0, shownTopics).map(asLine),
        }),
        maxTokens: 24 * perCall + 40,
        temperature,
        seed: random.int(0x7fff_ffff),
        schema: replySchema(perCall),
      },
      { signal },
    );
    if (reply.key) ledgerKeys.push(reply.key);
    const parsed = parseJsonReply(reply, Reply);
    if (parsed.reason) return { texts: [], reason: parsed.reason, ledgerKeys };
    if (parsed.value.topics.length === 0) return { texts: [], reason: 'empty', ledgerKeys };
    // A model without a grammar may not stop where it was asked to.
    return { texts: parsed.value.topics.slice(0, 2 * perCall), ledgerKeys };
  } catch (error) {
    return { texts: [], reason: recordFault(error), ledgerKeys };
  }
}

function topicFault(text: string, domain: string): string | undefined {
  const found = words(text);
  if (found.length === 0) return 'empty';
  if (isRefusal(text)) return 'refused';
  if (found.length > 20) return 'too-long';
  if (found.join(' ') === words(domain).join(' ')) return 'prompt-echo';
  return undefined;
}
