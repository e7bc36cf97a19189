import { hashValue } from '../../core/hash.js';
import type { JobOptions } from '../../core/progress.js';
import { randomStream } from '../../core/random.js';
import { loadPrompt, type PromptTemplate, renderPrompt } from '../../prompts/template.js';
import { asExcerpt } from '../../prompts/untrusted-text.js';
import { recordFault } from '../call-faults.js';
import type { Funnel } from '../funnel.js';
import {
  countGraded,
  type GradedPassages,
  type GradedWriter,
  writeGraded,
} from '../graded/write-graded-passages.js';
import type { AsyncContaminationCheck, ContaminationCheck } from '../hygiene/contamination.js';
import type { DuplicateIndex } from '../hygiene/near-duplicates.js';
import { orderedMap } from '../ordered-map.js';
import { promptLines } from './echo.js';
import { formSchema } from './forms/form.js';
import {
  type QueryTypeName,
  queryType,
  replyKey,
  rotateTypes,
  type TypeShares,
  topicTypes,
} from './query-types.js';
import { readDraft } from './read-draft.js';
import { type Topic, type WriteTopicsOptions, writeTopics } from './topics.js';
import { askType, askVoice, drawVoice, wantedLanguage } from './voice.js';
import { type QueryWriter, queryDuplicates, type WriteResult } from './write-queries.js';

export interface TopicQueryRequest {
  readonly topic: Topic;
  readonly type: QueryTypeName;
  /** From 0. */
  readonly variant?: number;
}

/** One query about a topic, for which there is no passage yet: one call. Types that need a passage or two are refused as `needs-passage`. */
export async function writeTopicQuery(
  { topic, type, variant = 0 }: TopicQueryRequest,
  writer: Omit<QueryWriter, 'examples' | 'maxCharacters' | 'maxCopied'>,
  { signal }: Pick<JobOptions, 'signal'> = {},
): Promise<Exclude<WriteResult, { readonly passage: unknown }> | TopicQuery> {
  const { model, seed, temperature = 0.7, tellLanguage } = writer;
  const { form } = queryType(type);
  const ledgerKeys = [...topic.ledgerKeys];
  if (!topicTypes.includes(type)) return { reason: 'needs-passage', ledgerKeys };
  const prompt: PromptTemplate = writer.prompt ?? loadPrompt('generate/topic-query');
  const voice = drawVoice(writer.voices ?? {}, { seed, id: topic.text, type, variant });
  const fill = (shown: string, voiced: string) =>
    renderPrompt(prompt, { type, ask: askOf(askType(type, voice)), topic: shown, voice: voiced });
  try {
    const reply = await model.generate(
      {
        messages: fill(asExcerpt(topic.text, { maxCharacters: 300 }), askVoice(voice)),
        maxTokens: form.maxTokens,
        temperature,
        seed: randomStream(seed, 'topic-queries', topic.text, type, variant).int(0x7fff_ffff),
        schema: formSchema(form, replyKey(type)),
      },
      { signal },
    );
    if (reply.key) ledgerKeys.push(reply.key);
    const lines = promptLines(
      fill('', '')
        .map(({ content }) => content)
        .join('\n'),
    );
    const { draft, reason } = readDraft(reply, {
      type,
      passage: topic.text,
      promptLines: lines,
      language: wantedLanguage(voice),
      tellLanguage,
    });
    if (reason) return { reason, ledgerKeys };
    const id = `q-${hashValue([seed, topic.text, type, variant, draft.text]).slice(0, 12)}`;
    const metadata = { type, topic: topic.text, ...(Object.keys(voice).length > 0 && { voice }) };
    return { query: { id, text: draft.text, metadata }, topic, type, ledgerKeys };
  } catch (error) {
    return { reason: recordFault(error), ledgerKeys };
  }
}

/** A query about a topic. */
export interface TopicQuery
  extends Pick<Extract<WriteResult, { readonly query: unknown }>, 'query' | 'type' | 'ledgerKeys'> {
  readonly topic: Topic;
}

// "it" is the passage in the other prompt, and here the page that is looked for.
const askOf = (ask: string): string => ask.replace(/\bit\b/g, 'such a page');

export interface AdmitTopicQueryOptions extends Pick<JobOptions, 'signal'> {
  readonly contamination?: ContaminationCheck | AsyncContaminationCheck;
  /** Queries already accepted. */
  readonly seen: DuplicateIndex;
  readonly funnel?: Funnel;
}

/** The query where it holds. Asked in a fixed order: which of two that are alike stays must not depend on timing. */
export async function admitTopicQuery(
  draft: TopicQuery | { readonly reason: string },
  { contamination, seen, funnel, signal }: AdmitTopicQueryOptions,
): Promise<TopicQuery | undefined> {
  if ('reason' in draft) {
    funnel?.reject('queries', draft.reason);
    return undefined;
  }
  funnel?.accept('queries');
  const { id, text } = draft.query;
  const contaminated = await contamination?.(text, { signal });
  if (contaminated) {
    funnel?.reject('contamination', contaminated);
    return undefined;
  }
  if (contamination) funnel?.accept('contamination');
  if (seen.add(id, text)) {
    funnel?.reject('duplicates', 'duplicate-query');
    return undefined;
  }
  funnel?.accept('duplicates');
  return draft;
}

export interface WithoutDocumentsOptions extends JobOptions {
  readonly topics: Omit<WriteTopicsOptions, 'funnel' | 'signal' | 'onProgress'>;
  readonly writer: Omit<QueryWriter, 'examples' | 'maxCharacters' | 'maxCopied'>;
  /** Writes the passages of levels 3 to 0 of each query. */
  readonly graded: GradedWriter;
  /** @default question, keyword and how-to in the usual shares */
  readonly types?: TypeShares;
  /** Queries a topic, each of its own type in turn. @default 1 */
  readonly perTopic?: number;
  readonly contamination?: ContaminationCheck | AsyncContaminationCheck;
  /** Queries under way at once. @default 4 */
  readonly concurrency?: number;
  readonly funnel?: Funnel;
}

/** A topic, a query about it and passages for it: to be judged before they count. */
export interface WithoutDocument extends TopicQuery {
  readonly graded: GradedPassages;
}

/**
 * A training set where there are no documents: topics of a domain, queries about them, and passages of every level for each query. Topics and
 * queries that repeat an earlier one are left out; everything left out is counted under `topics`, `queries`, `contamination`, `duplicates` and `graded`.
 * @see Esfandiarpoor et al. 2025 (SyCL, arXiv:2503.23239)
 */
export async function* generateWithoutDocuments(
  options: WithoutDocumentsOptions,
): AsyncGenerator<WithoutDocument> {
  const {
    writer,
    graded,
    concurrency = 4,
    perTopic = 1,
    contamination,
    funnel,
    signal,
    onProgress,
  } = options;
  const types = rotateTypes(options.types);
  async function* requests(): AsyncGenerator<TopicQueryRequest> {
    for await (const topic of writeTopics({ ...options.topics, funnel, signal, onProgress })) {
      for (let variant = 0; variant < perTopic; variant++) yield { topic, type: types.next().value, variant };
    }
  }
  const seen = queryDuplicates(writer.seed);
  const drafts = orderedMap(requests(), concurrency, (request) =>
    writeTopicQuery(request, writer, { signal }),
  );
  /** Queries that hold, in order: which of two that are alike stays must not depend on timing. */
  async function* queries(): AsyncGenerator<TopicQuery> {
    for await (const draft of drafts) {
      const query = await admitTopicQuery(draft, { contamination, seen, funnel, signal });
      if (query) yield query;
    }
  }
  const written = orderedMap(queries(), concurrency, async (draft) => ({
    ...draft,
    graded: await writeGraded({ query: draft.query }, graded, { signal }),
  }));
  for await (const one of written) {
    if (funnel) countGraded(one.graded, funnel);
    if (one.graded.passages.length > 0) yield one;
  }
}
