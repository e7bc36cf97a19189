import { z } from 'zod';
import { hashValue } from '../../core/hash.js';
import type { Passage } from '../../core/passage.js';
import { passageText } from '../../core/passage.js';
import type { JobOptions } from '../../core/progress.js';
import type { Query } from '../../core/query.js';
import { randomStream } from '../../core/random.js';
import type { LanguageModel } from '../../models/language-model.js';
import { loadPrompt, type PromptTemplate, renderPrompt } from '../../prompts/template.js';
import { recordFault } from '../call-faults.js';
import type { Funnel } from '../funnel.js';
import { createDuplicateIndex, type DuplicateIndex } from '../hygiene/near-duplicates.js';
import { orderedMap } from '../ordered-map.js';
import { parseJsonReply } from '../parse-reply.js';
import { promptData } from '../prompt-data.js';
import { checkQuery, echoLines, tidyQuery } from './check-query.js';
import { type QueryTypeName, queryType, rotateTypes, type TypeShares } from './query-types.js';

export interface QueryWriter {
  readonly model: LanguageModel;
  readonly seed: number;
  /** @default the bundled `generate/query` */
  readonly prompt?: PromptTemplate;
  /** 0 repeats itself when a passage is drawn again. @default 0.7 */
  readonly temperature?: number;
  /** Characters of a passage that are shown. @default 1600 */
  readonly maxCharacters?: number;
  /** Words in a row that a query may share with its passage. @default 6 */
  readonly maxCopied?: number;
}

export interface WriteQueryRequest {
  readonly passage: Passage;
  readonly type: QueryTypeName;
  /** Tells apart several queries of one type about one passage, from 0. */
  readonly variant?: number;
}

/** A query, and the passage it was written about. */
export interface WrittenQuery {
  /** `metadata`: `type`, and `source`, the passage's id. */
  readonly query: Query;
  readonly passage: Passage;
  readonly type: QueryTypeName;
  readonly ledgerKeys: readonly string[];
}

/** A query, or why there is none. The reason is one of `ReplyFault`, `QueryFault` or an error code. */
export type WriteResult = WrittenQuery | { readonly reason: string; readonly ledgerKeys: readonly string[] };

// The type is the key of the reply: that keeps a small model to it.
// "how-to" alone makes a small model write the instructions, and not the search for them.
const replyKey = (type: QueryTypeName): string => `${type} search`;

const replySchema = (type: QueryTypeName) => ({
  type: 'object',
  properties: { [replyKey(type)]: { type: 'string' } },
  required: [replyKey(type)],
  additionalProperties: false,
});

// By the prompt's hash and the type: the same for every passage.
const knownLines = new Map<string, readonly (readonly string[])[]>();

function linesOf(prompt: PromptTemplate, type: QueryTypeName): readonly (readonly string[])[] {
  const key = `${prompt.hash} ${type}`;
  let lines = knownLines.get(key);
  if (!lines) {
    const messages = renderPrompt(prompt, { type, ask: queryType(type).ask, passage: '' });
    lines = echoLines(messages.map(({ content }) => content).join('\n'));
    knownLines.set(key, lines);
  }
  return lines;
}

/** One query about one passage: one call. Depends on nothing but the request, the writer's settings and the seed. */
export async function writeQuery(
  { passage, type, variant = 0 }: WriteQueryRequest,
  writer: QueryWriter,
  { signal }: Pick<JobOptions, 'signal'> = {},
): Promise<WriteResult> {
  const { model, seed, temperature = 0.7, maxCopied } = writer;
  const prompt = writer.prompt ?? loadPrompt('generate/query');
  const { ask } = queryType(type);
  const source = passageText(passage);
  const shown = promptData(source, { maxCharacters: writer.maxCharacters });
  const ledgerKeys: string[] = [];
  try {
    const reply = await model.generate(
      {
        messages: renderPrompt(prompt, { type, ask, passage: shown }),
        maxTokens: 80,
        temperature,
        seed: randomStream(seed, 'queries', passage.id, type, variant).int(0x7fff_ffff),
        schema: replySchema(type),
      },
      { signal },
    );
    if (reply.key) ledgerKeys.push(reply.key);
    const parsed = parseJsonReply(reply, z.object({ [replyKey(type)]: z.string() }));
    if (parsed.reason) return { reason: parsed.reason, ledgerKeys };
    const tidy = tidyQuery(parsed.value[replyKey(type)]!);
    // Nobody types it; a claim is a sentence, and in a keyword search it is the sign of one.
    const text = type === 'question' || type === 'how-to' ? tidy.replace(/\.+$/, '') : tidy;
    const promptLines = linesOf(prompt, type);
    const fault = checkQuery(text, { type, passage: source, maxCopied, promptLines });
    if (fault) return { reason: fault, ledgerKeys };
    const id = `q-${hashValue([seed, passage.id, type, variant, text]).slice(0, 12)}`;
    return { query: { id, text, metadata: { type, source: passage.id } }, passage, type, ledgerKeys };
  } catch (error) {
    return { reason: recordFault(error), ledgerKeys };
  }
}

export interface WriteQueriesOptions extends QueryWriter, JobOptions {
  readonly types?: TypeShares;
  /** Calls under way at once. @default 4 */
  readonly concurrency?: number;
  /** Queries already accepted, by earlier passages or shards. */
  readonly seen?: DuplicateIndex;
  readonly funnel?: Funnel;
}

/** The index that duplicates of queries are looked up in: overlap of single words, .8 or more. */
export const queryDuplicates = (seed: number): DuplicateIndex => createDuplicateIndex({ shingle: 1, seed });

/**
 * One query a passage, types in turn by their shares, yielded in the order of the passages; rejections are counted under `queries`.
 * @throws RankforgeError from the model, after what was finished was yielded; the signal's reason
 */
export async function* writeQueries(
  passages: AsyncIterable<Passage> | Iterable<Passage>,
  options: WriteQueriesOptions,
): AsyncGenerator<WrittenQuery> {
  const { concurrency = 4, funnel, signal, onProgress } = options;
  const seen = options.seen ?? queryDuplicates(options.seed);
  const results = orderedMap(withTypes(passages, options.types), concurrency, async (request) => {
    signal?.throwIfAborted();
    return writeQuery(request, options, { signal });
  });
  let done = 0;
  for await (const result of results) {
    const written = admitQuery(result, seen, funnel);
    onProgress?.({ stage: 'queries', done: ++done });
    if (written) yield written;
  }
}

/** Counts a result, and leaves out a query that repeats an earlier one: called in a fixed order, or the survivors would depend on timing. */
function admitQuery(result: WriteResult, seen: DuplicateIndex, funnel?: Funnel): WrittenQuery | undefined {
  if ('reason' in result || seen.add(result.query.id, result.query.text)) {
    funnel?.reject('queries', 'reason' in result ? result.reason : 'duplicate');
    return undefined;
  }
  funnel?.accept('queries');
  return result;
}

async function* withTypes(
  passages: AsyncIterable<Passage> | Iterable<Passage>,
  shares?: TypeShares,
): AsyncGenerator<WriteQueryRequest> {
  const types = rotateTypes(shares);
  for await (const passage of passages) yield { passage, type: types.next().value };
}
