import { z } from 'zod';
import { RankforgeError } from '../../core/errors.js';
import { type Analyser, analyserOf } from '../../retrieval/analyser.js';
import { forEachWord } from '../../retrieval/word-breaks.js';
import { WordMemo } from './word-memo.js';

/** What turns texts into ids, as plain JSON. */
export const TermVocabulary = z.strictObject({
  /** Its id. */
  analyser: z.string(),
  /** Terms of ids 1, 2, …; 0 stands for a text without terms. */
  terms: z.array(z.string()).readonly(),
  /** Ids after those of the terms, which other terms share by their hash. */
  buckets: z.number().int().positive(),
  /** Tokens of a text that are read. */
  maxTokens: z.number().int().positive(),
});
export type TermVocabulary = z.infer<typeof TermVocabulary>;

/** A text as distinct ids, each with its weight: 1 + ln(times it occurs). */
export interface Bag {
  readonly ids: readonly number[];
  readonly weights: readonly number[];
}

export const vocabularySize = ({ terms, buckets }: TermVocabulary): number => 1 + terms.length + buckets;

export interface TermCounts {
  /** In how many of the texts each term is, most texts first. */
  readonly frequencies: ReadonlyMap<string, number>;
  /** The word that a term most often stands for, as the first text has it. */
  readonly words: ReadonlyMap<string, string>;
  readonly texts: number;
}

/** Counts terms over texts, each text once. */
export function countTerms(texts: Iterable<string>, analyser: Analyser): TermCounts {
  const counts = new Map<string, number>();
  const words = new Map<string, string>();
  let number = 0;
  for (const text of texts) {
    number++;
    const seen = new Set<string>();
    forEachWord(text, (start, end) => {
      const word = text.slice(start, end);
      const [term] = analyser(word);
      if (term === undefined || seen.has(term)) return;
      seen.add(term);
      counts.set(term, (counts.get(term) ?? 0) + 1);
      if (!words.has(term)) words.set(term, word.toLowerCase());
    });
  }
  const sorted = [...counts].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return { frequencies: new Map(sorted), words, texts: number };
}

/** Reads texts into bags. @throws RankforgeError `bad-file` for an analyser that this version lacks */
export function bagReader(vocabulary: TermVocabulary): (text: string) => Bag {
  const analyser = analyserOf(vocabulary.analyser);
  if (!analyser) {
    throw new RankforgeError('bad-file', `This version has no analyser ${vocabulary.analyser}`, {
      where: vocabulary.analyser,
      hint: 'Distil it again with this version of rankforge.',
    });
  }
  const { terms, buckets, maxTokens } = vocabulary;
  const known = new Map(terms.map((term, i) => [term, i + 1]));
  const counts = new Int32Array(vocabularySize(vocabulary));
  // By word as written: texts repeat words far more often than they bring new ones.
  const memo = new WordMemo(memoSize);
  const idOf = (word: string): number => {
    const [term] = analyser(word);
    return term === undefined ? 0 : (known.get(term) ?? 1 + terms.length + (hash(term) % buckets));
  };
  // A word has six letters or so: what is beyond is not looked at.
  const longest = maxTokens * 16;
  return (text) => {
    const ids: number[] = [];
    let read = 0;
    const start = text.length > longest ? text.slice(0, longest) : text;
    forEachWord(start, (from, to) => {
      const id = memo.get(start, from, to, idOf);
      if (id === 0 || read === maxTokens) return;
      read++;
      if (counts[id]!++ === 0) ids.push(id);
    });
    if (ids.length === 0) return { ids: [0], weights: [1] };
    const weights = ids.map((id) => weightOf(counts[id]!));
    for (const id of ids) counts[id] = 0;
    return { ids, weights };
  };
}

const memoSize = 500_000;

const weightOf = (count: number): number => (count === 1 ? 1 : 1 + Math.log(count));

/** FNV-1a over UTF-16 units, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}
