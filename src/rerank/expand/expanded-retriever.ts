import type { Passage } from '../../core/passage.js';
import type { Query } from '../../core/query.js';
import type { Usage } from '../../core/usage.js';
import type { Warning } from '../../core/warning.js';
import type { LanguageModel } from '../../models/language-model.js';
import { reciprocalRankFusion } from '../../retrieval/fusion.js';
import type { Retriever } from '../../retrieval/retriever.js';
import { type Expansions, writeKeywords, writePassage } from './expand-query.js';

interface ExpansionOptions {
  /** It stays its opener's. */
  readonly model: LanguageModel;
  /** Told what each query's expansion took and what went other than asked. */
  readonly onExpansion?: (expansion: QueryExpansion) => void;
}

export interface QueryExpansion {
  readonly queryId: string;
  /** What is searched for. */
  readonly texts: readonly string[];
  readonly usage: Usage;
  readonly warnings: readonly Warning[];
}

export interface QueryEnsembleOptions extends ExpansionOptions {
  /** Ways to ask for keywords, a call each, 1 to 10. @default 10 */
  readonly instructions?: number;
  /**
   * `append`: all keywords after the query, one search (GenQREnsemble). `fuse`: a search with each answer's keywords,
   * fused by reciprocal ranks (GenQRFusion). @default 'append'
   */
  readonly combine?: 'append' | 'fuse';
}

/**
 * Searches with what a model adds to the query, asked in several ways. Where it adds nothing, the query is searched as
 * it is.
 * @throws RankforgeError as `writeKeywords`, and the retriever's
 * @see Dhole et al. 2024, arXiv:2404.03746
 */
export function queryEnsembleRetriever(
  retriever: Retriever,
  { model, instructions, combine = 'append', onExpansion }: QueryEnsembleOptions,
): Retriever {
  return {
    name: `${retriever.name}+${combine === 'append' ? 'query-ensemble' : 'query-fusion'}`,
    async search(query, k, options) {
      const expansions = await writeKeywords(model, { query }, { instructions, signal: options?.signal });
      const added = combine === 'append' ? [expansions.texts.join(' ')] : expansions.texts;
      const texts = added.length === 0 ? [query.text] : added.map((text) => `${query.text} ${text}`.trim());
      report(onExpansion, query, texts, expansions);
      const lists = await Promise.all(texts.map((text) => retriever.search({ ...query, text }, k, options)));
      return lists.length === 1 ? lists[0]! : reciprocalRankFusion(lists).slice(0, k);
    },
  };
}

export interface ModelFeedbackOptions extends ExpansionOptions {
  /** The passages of the ids that the retriever finds, in order. */
  readonly passagesOf: (ids: readonly string[]) => Promise<readonly Passage[]> | readonly Passage[];
  /** How many of the first search's best the model reads. @default 5 */
  readonly top?: number;
  /** What it writes from them. @default 'keywords' */
  readonly write?: 'keywords' | 'passage';
  /** Ways to ask for keywords, a call each, 1 to 10. @default 1 */
  readonly instructions?: number;
  /** How often the query itself stands before what is added. @default 1 before keywords, 5 before a passage, as query2doc has it */
  readonly repeats?: number;
}

/**
 * Relevance feedback by a model: it reads the best of a first search, writes keywords or a passage, and the query with
 * these is searched again. Where it adds nothing, the first search stands.
 * @throws RankforgeError as `writeKeywords`, and the retriever's
 * @see Dhole et al. 2024 (GenQREnsembleRF), arXiv:2404.03746; Wang et al. 2023 (query2doc), arXiv:2303.07678
 */
export function modelFeedbackRetriever(retriever: Retriever, options: ModelFeedbackOptions): Retriever {
  const { model, passagesOf, top = 5, write = 'keywords', instructions = 1, onExpansion } = options;
  const repeats = options.repeats ?? (write === 'keywords' ? 1 : 5);
  return {
    name: `${retriever.name}+model-feedback`,
    async search(query, k, job) {
      const found = await retriever.search(query, Math.max(k, top), job);
      const passages = await passagesOf(found.slice(0, top).map(({ id }) => id));
      const request = { query, passages };
      const expansions =
        write === 'keywords'
          ? await writeKeywords(model, request, { instructions, signal: job?.signal })
          : await writePassage(model, request, { signal: job?.signal });
      if (expansions.texts.length === 0) {
        report(onExpansion, query, [query.text], expansions);
        return found.slice(0, k);
      }
      const text = [...Array(repeats).fill(query.text), ...expansions.texts].join(' ');
      report(onExpansion, query, [text], expansions);
      return retriever.search({ ...query, text }, k, job);
    },
  };
}

const report = (
  onExpansion: ExpansionOptions['onExpansion'],
  query: Query,
  texts: readonly string[],
  { usage, warnings }: Expansions,
): void => onExpansion?.({ queryId: query.id, texts, usage, warnings });
