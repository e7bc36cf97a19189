import { hashValue } from '../../core/hash.js';
import type { Passage } from '../../core/passage.js';
import { passageText } from '../../core/passage.js';
import type { JobOptions } from '../../core/progress.js';
import type { Query } from '../../core/query.js';
import { randomStream } from '../../core/random.js';
import type { LanguageModel, Message } from '../../models/language-model.js';
import { loadPrompt, type PromptTemplate, preparePrompt } from '../../prompts/template.js';
import { asExcerpt } from '../../prompts/untrusted-text.js';
import { recordFault } from '../call-faults.js';
import type { Funnel } from '../funnel.js';
import type { LanguageDetector } from '../hygiene/language.js';
import { createDuplicateIndex, type DuplicateIndex } from '../hygiene/near-duplicates.js';
import { orderedMap } from '../ordered-map.js';
import { type PromptLines, promptLines } from './echo.js';
import type { QueryExample } from './few-shot.js';
import { type Draft, formSchema } from './forms/form.js';
import { makeInstructions } from './instructions.js';
import type { PassageLinker } from './link-passages.js';
import { type QueryTypeName, queryType, replyKey, rotateTypes, type TypeShares } from './query-types.js';
import { readDraft } from './read-draft.js';
import { askType, askVoice, drawVoice, type QueryVoices, wantedLanguage } from './voice.js';

export interface QueryWriter {
  readonly model: LanguageModel;
  readonly seed: number;
  /** For the types that are asked for with the bundled `generate/query`, in its place. */
  readonly prompt?: PromptTemplate;
  /** 0 repeats itself when a passage is drawn again. @default 0.7 */
  readonly temperature?: number;
  /** Characters of a passage that are shown. @default 1600 */
  readonly maxCharacters?: number;
  /** Words in a row that a query may share with its passage. @default 6 */
  readonly maxCopied?: number;
  /** The user's own examples by type, in place of the bundled ones: see `chooseExamples`. */
  readonly examples?: (type: QueryTypeName) => readonly QueryExample[];
  /** Who asks, and how. */
  readonly voices?: QueryVoices;
  /** With it a query in another language than asked for, or than its passage, is left out. */
  readonly tellLanguage?: LanguageDetector;
}

export interface WriteQueryRequest {
  readonly passage: Passage;
  readonly type: QueryTypeName;
  /** Tells apart several queries of one type about one passage, from 0. */
  readonly variant?: number;
  /** The second passage, for types that are written from two: see `createLinker`. */
  readonly linked?: Passage;
}

/** A query, and the passages it was written about. */
export interface WrittenQuery {
  /** `metadata`: `type`, `source` (the passage's id), and what else is known: `linked`, `voice`, `history`, `standalone`, `twin`. */
  readonly query: Query;
  readonly passage: Passage;
  readonly type: QueryTypeName;
  readonly linked?: Passage;
  /** What retrieval and judges are asked, where that is not the query itself: a follow-up's question in full. */
  readonly search?: Query;
  /** The same text with the instruction reversed. */
  readonly twin?: Query;
  readonly ledgerKeys: readonly string[];
}

/** A query, or why there is none. The reason is a `DraftReason`, `no-linked-passage` or an error code. */
export type WriteResult = WrittenQuery | { readonly reason: string; readonly ledgerKeys: readonly string[] };

/** One query about one passage, or about two: one call. Depends on nothing but the request, the writer's settings and the seed. */
export async function writeQuery(
  request: WriteQueryRequest,
  writer: QueryWriter,
  { signal }: Pick<JobOptions, 'signal'> = {},
): Promise<WriteResult> {
  const { passage, type, variant = 0, linked } = request;
  const { model, seed, temperature = 0.7, maxCharacters, maxCopied, tellLanguage } = writer;
  const { form, passages } = queryType(type);
  const ledgerKeys: string[] = [];
  if (passages === 2 && !linked) return { reason: 'no-linked-passage', ledgerKeys };
  const voice = drawVoice(writer.voices ?? {}, { seed, id: passage.id, type, variant });
  const shown = (one: Passage): string => asExcerpt(passageText(one), { maxCharacters });
  const fill = fillPrompt(writer, type);
  try {
    const reply = await model.generate(
      {
        messages: fill(
          { ask: askType(type, voice), voice: askVoice(voice) },
          { passage: shown(passage), linked: linked ? shown(linked) : '' },
        ),
        maxTokens: form.maxTokens,
        temperature,
        seed: randomStream(seed, 'queries', passage.id, type, variant).int(0x7fff_ffff),
        schema: formSchema(form, replyKey(type)),
      },
      { signal },
    );
    if (reply.key) ledgerKeys.push(reply.key);
    const { draft, reason } = readDraft(reply, {
      type,
      passage: [passage, ...(linked ? [linked] : [])].map(passageText).join('\n'),
      maxCopied,
      promptLines: fill.lines,
      language: wantedLanguage(voice),
      tellLanguage,
    });
    if (reason) return { reason, ledgerKeys };
    const written = assemble(draft, request, seed, voice);
    return { ...written, passage, type, ...(linked && { linked }), ledgerKeys };
  } catch (error) {
    return { reason: recordFault(error), ledgerKeys };
  }
}

/** The query of a draft, with all that is known of it. */
function assemble(
  { text, history, standalone, condition }: Draft,
  { passage, type, variant = 0, linked }: WriteQueryRequest,
  seed: number,
  voice: object,
): Pick<WrittenQuery, 'query' | 'search' | 'twin'> {
  const id = `q-${hashValue([seed, passage.id, type, variant, text]).slice(0, 12)}`;
  const metadata = {
    type,
    source: passage.id,
    ...(linked && { linked: linked.id }),
    ...(Object.keys(voice).length > 0 && { voice }),
  };
  if (history && standalone !== undefined) {
    // A ranker is given the whole conversation, as TREC CAsT's systems are; the last line is what is asked.
    const query = { id, text: [...history, text].join('\n'), metadata: { ...metadata, history, standalone } };
    return { query, search: { id, text: standalone, metadata } };
  }
  if (condition === undefined) return { query: { id, text, metadata } };
  const { instruction, reversed } = makeInstructions(condition, randomStream(seed, 'instruction', id));
  const twin = `${id}-reversed`;
  return {
    query: { id, text, instruction, metadata: { ...metadata, condition, twin } },
    twin: {
      id: twin,
      text,
      instruction: reversed,
      metadata: { ...metadata, condition, twin: id, reversed: true },
    },
  };
}

interface Asked {
  readonly ask: string;
  readonly voice: string;
}

type Fill = ((
  asked: Asked,
  shown: { readonly passage: string; readonly linked: string },
) => readonly Message[]) & { readonly lines: PromptLines };

// The same for every passage.
const fills = new WeakMap<QueryWriter, Map<QueryTypeName, Fill>>();

/** The prompt of a type, to be filled in, and its own lines. */
function fillPrompt(writer: QueryWriter, type: QueryTypeName): Fill {
  const known = fills.get(writer) ?? new Map<QueryTypeName, Fill>();
  fills.set(writer, known);
  const fill = known.get(type) ?? makeFill(writer, type);
  known.set(type, fill);
  return fill;
}

function makeFill(writer: QueryWriter, type: QueryTypeName): Fill {
  const { prompt: promptId, ask } = queryType(type);
  const prompt = (promptId === 'generate/query' ? writer.prompt : undefined) ?? loadPrompt(promptId);
  const examples = (writer.examples?.(type) ?? []).map(({ query, passage }) => ({
    query: JSON.stringify(asExcerpt(query, { maxCharacters: 300 })),
    passage: asExcerpt(passage, { maxCharacters: writer.maxCharacters }),
  }));
  let last: (Asked & { readonly put: ReturnType<typeof preparePrompt<'passage' | 'linked'>> }) | undefined;
  const fill = (asked: Asked, shown: { readonly passage: string; readonly linked: string }) => {
    // Without voices every passage is asked about in the same words.
    if (last?.ask !== asked.ask || last.voice !== asked.voice)
      last = { ...asked, put: preparePrompt(prompt, { type, examples, ...asked }, ['passage', 'linked']) };
    return last.put(shown);
  };
  const messages = fill({ ask, voice: '' }, { passage: '', linked: '' });
  return Object.assign(fill, { lines: promptLines(messages.map(({ content }) => content).join('\n')) });
}

export interface WriteQueriesOptions extends QueryWriter, JobOptions {
  readonly types?: TypeShares;
  /** Finds the second passage for types that are written from two. */
  readonly linker?: PassageLinker;
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
  const { concurrency = 4, funnel, signal, onProgress, linker } = options;
  const seen = options.seen ?? queryDuplicates(options.seed);
  const results = orderedMap(withTypes(passages, options.types), concurrency, async (request) => {
    signal?.throwIfAborted();
    const second =
      queryType(request.type).passages === 2 ? await linker?.(request.passage, 0, { signal }) : undefined;
    return writeQuery({ ...request, linked: second?.passage }, options, { signal });
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
