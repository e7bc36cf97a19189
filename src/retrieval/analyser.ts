import { stemmer } from 'stemmer';
import { lookUp } from '../core/names.js';
import { forEachWord } from './word-breaks.js';

/** Turns a text into the terms that are matched. */
export interface Analyser {
  (text: string): string[];
  /** Name and version: an index built with one is not searched with another. */
  readonly id: string;
}

/** Lucene's `EnglishAnalyzer.ENGLISH_STOP_WORDS_SET`. */
const stopWords = new Set(
  `a an and are as at be but by for if in into is it no not of on or such that the their then there these they this
  to was will with`.split(/\s+/),
);

// Bounds the memory that a corpus of ever new words takes (identifiers, misprints): about 100 MB.
const memoSize = 1_000_000;

/**
 * English terms as Lucene's EnglishAnalyzer gives them: Unicode word breaks, possessive 's removed, lower case, stop
 * words dropped, Porter stems.
 */
function createEnglish(): Analyser {
  // By word as written: its term, or nothing for a stop word. Texts repeat words far more often than they bring new ones.
  const memo = new Map<string, string>();
  const analyse = (text: string): string[] => {
    const terms: string[] = [];
    forEachWord(text, (start, end) => {
      const word = text.slice(start, end);
      let term = memo.get(word);
      if (term === undefined) {
        if (memo.size >= memoSize) memo.clear();
        term = englishTerm(word);
        memo.set(detach(word), detach(term));
      }
      if (term !== '') terms.push(term);
    });
    return terms;
  };
  return Object.assign(analyse, { id: versions.english });
}

/** A copy of its own: V8 keeps a slice's whole text in memory for as long as the slice. */
const detach = (slice: string): string => Buffer.from(slice, 'utf16le').toString('utf16le');

/** The term of one word; empty for a stop word. */
function englishTerm(word: string): string {
  const lower = word.replace(/['\u2019\uff07][sS]$/, '').toLowerCase();
  return stopWords.has(lower) ? '' : stemmer(lower);
}

// Raised when an analyser gives other terms than before, so that old indexes are refused.
const versions = { english: 'english-1' } as const;

const analysers = { english: createEnglish } satisfies Record<string, () => Analyser>;
export type AnalyserName = keyof typeof analysers;

/** An analyser by name. @throws RankforgeError `unknown-name` */
export function createAnalyser(name: AnalyserName): Analyser {
  return lookUp(analysers, name, 'analyser')();
}

/** The analyser of an `id`, where this version still has it. */
export function analyserOf(id: string): Analyser | undefined {
  const name = (Object.keys(versions) as AnalyserName[]).find((key) => versions[key] === id);
  return name && createAnalyser(name);
}
