import { type Passage, passageText } from '../../core/passage.js';
import { randomStream } from '../../core/random.js';
import type { CallOptions } from '../../models/language-model.js';
import { createAnalyser } from '../../retrieval/analyser.js';
import type { TermStatistics } from '../../retrieval/bm25.js';
import type { Retriever } from '../../retrieval/retriever.js';
import type { Corpus } from '../corpus.js';
import { createSigner, resemblance } from '../hygiene/min-hash.js';

/** A second passage for one, and what ties them. */
export interface PassageLink {
  readonly passage: Passage;
  /** Rare terms that both hold, rarest first; stems. Empty without statistics. */
  readonly shared: readonly string[];
}

/** The second passage for one, or undefined where none is fit. Another variant may give another one. */
export type PassageLinker = (
  passage: Passage,
  variant?: number,
  options?: CallOptions,
) => Promise<PassageLink | undefined>;

export interface LinkerOptions {
  readonly corpus: Pick<Corpus, 'get'>;
  /** Looks for passages near a text: BM25 for shared terms, dense for meaning. */
  readonly retriever: Retriever;
  readonly seed: number;
  /** Of the corpus, with the terms of the English analyser: a link then has to share rare terms. */
  readonly statistics?: TermStatistics;
  /** Rare terms that must be shared. @default 2 */
  readonly leastShared?: number;
  /** A term is rare in at most this share of the passages, and in two at least. @default 0.05 */
  readonly rareShare?: number;
  /** Passages looked at. @default 30 */
  readonly depth?: number;
  /** The best so many that are fit are drawn from. @default 5 */
  readonly pool?: number;
  /** Overlap of word shingles from which two passages are the same one over again, 0 to 1. @default 0.3 */
  readonly sameText?: number;
}

/** Terms of a passage that it is searched by. */
const searchTerms = 12;

/**
 * Links passages for questions that take two: near each other by retrieval or by rare terms, and no near-duplicates. Which of the fit ones is
 * drawn depends on the seed, the passage and the variant alone.
 */
export function createLinker({
  corpus,
  retriever,
  seed,
  statistics,
  leastShared = 2,
  rareShare = 0.05,
  depth = 30,
  pool = 5,
  sameText = 0.3,
}: LinkerOptions): PassageLinker {
  const analyse = createAnalyser('english');
  const sign = createSigner({ seed });
  // In a small corpus a twentieth may be less than the two passages that a link takes.
  const most = statistics ? Math.max(2, Math.floor(rareShare * statistics.documentCount)) : 0;
  const frequency = (term: string): number => statistics?.documentFrequency.get(term) ?? 0;
  /** Rarest first; of equal ones in the order of the alphabet. */
  const rareTerms = (text: string): string[] =>
    [...new Set(analyse(text))]
      .filter((term) => frequency(term) >= 2 && frequency(term) <= most)
      .sort((a, b) => frequency(a) - frequency(b) || (a < b ? -1 : 1));

  return async (passage, variant = 0, { signal } = {}) => {
    const text = passageText(passage);
    const rare = rareTerms(text);
    if (statistics && rare.length < leastShared) return undefined;
    const signature = sign(text);
    const searched = statistics ? wordsOf(text, new Set(rare.slice(0, searchTerms)), analyse) : text;
    const found = await retriever.search({ id: passage.id, text: searched }, depth, { signal });
    const fit: PassageLink[] = [];
    for (const { id } of found) {
      if (fit.length >= pool) break;
      const candidate = id === passage.id ? undefined : await corpus.get(id);
      if (!candidate || candidate.text.trim() === '') continue;
      const other = passageText(candidate);
      const held = new Set(analyse(other));
      const shared = rare.filter((term) => held.has(term));
      if (statistics && shared.length < leastShared) continue;
      const otherSignature = sign(other);
      if (signature && otherSignature && resemblance(signature, otherSignature) >= sameText) continue;
      fit.push({ passage: candidate, shared });
    }
    return fit[fit.length > 0 ? randomStream(seed, 'links', passage.id, variant).int(fit.length) : 0];
  };
}

/** The words of a text whose terms are among some, each once: a retriever that is not BM25 knows nothing of stems. */
function wordsOf(text: string, terms: ReadonlySet<string>, analyse: (text: string) => string[]): string {
  const left = new Set(terms);
  const kept: string[] = [];
  for (const word of text.split(/\s+/u)) {
    const of = analyse(word).filter((term) => left.has(term));
    if (of.length === 0) continue;
    for (const term of of) left.delete(term);
    kept.push(word);
  }
  return kept.join(' ');
}
