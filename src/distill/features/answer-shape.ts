import { forEachWord } from '../../retrieval/word-breaks.js';
import type { QueryTerms } from './match-terms.js';

/*
 * What an answer looks like, whatever it says: it names what was asked early, tells what that is, gives a number where one was asked
 * for and does not talk to its reader. English; in other languages these are 0 or count nothing.
 * @see Yang et al. 2016, doi:10.1007/978-3-319-30671-1_9 (answer sentences, learned from such features)
 */

/** Terms, as the English analyser gives them, that ask and are no part of what is asked about. */
const askingTerms = new Set(
  `what how who when why which where whose do doe did can could should would i my me you your we us so some about from
  between than most`.split(/\s+/),
);
const copulas = new Set(['is', 'are', 'was', 'were', 'means', 'mean', 'refers', 'refer']);
const addresses = new Set(['i', 'me', 'my', 'you', 'your', 'we', 'our']);
const asksNumber =
  /\b(how (long|many|much|old|far|tall|big|high|deep|fast|hot|cold|heavy|often)|when|cost|price|temperature|weight|height|distance|age)\b/i;

/** Weights by term, summing to 1 where there are any. */
export type TermWeights = ReadonlyMap<string, number>;

/** The query's terms by their share of its idf, without the words that ask; with them where nothing else is left. */
export function subjectTerms({ idf }: QueryTerms): TermWeights {
  const named = [...idf].filter(([term]) => !askingTerms.has(term));
  const kept = named.length > 0 ? named : [...idf];
  const sum = kept.reduce((total, [, weight]) => total + weight, 0);
  return new Map(kept.map(([term, weight]) => [term, sum > 0 ? weight / sum : 0]));
}

/** How early the subject's terms first stand, 0 to 1: a term at place p (from 0) counts half / (half + p) of its weight. */
export function earlyCoverage(subject: TermWeights, terms: readonly string[], half: number): number {
  const found = new Set<string>();
  let sum = 0;
  for (let place = 0; place < terms.length && found.size < subject.size; place++) {
    const term = terms[place]!;
    const weight = subject.get(term);
    if (weight === undefined || found.has(term)) continue;
    found.add(term);
    sum += (weight * half) / (half + place);
  }
  return sum;
}

/** What is read from a passage once, for every query. */
export interface AnswerShape {
  /** Terms that "is", "are", "means" or the like follows, by the place of the first such word, from 0. */
  readonly defined: ReadonlyMap<string, number>;
  /** Share of the words that speak of reader or writer: you, your, I, we and so on; 0 to 1. */
  readonly address: number;
}

export function answerShape(text: string, analyser: (text: string) => readonly string[]): AnswerShape {
  const defined = new Map<string, number>();
  let [count, addressed, previous] = [0, 0, ''];
  forEachWord(text, (start, end) => {
    const word = text.slice(start, end);
    const lower = word.length < 7 ? word.toLowerCase() : word;
    if (addresses.has(lower)) addressed++;
    if (copulas.has(lower) && previous) {
      for (const term of analyser(previous)) if (!defined.has(term)) defined.set(term, count - 1);
    }
    previous = word;
    count++;
  });
  return { defined, address: count === 0 ? 0 : addressed / count };
}

/** Whether the passage says what the subject is, 0 to 1: the most that one of its terms weighs, halved at the 20th word. */
export function definition(subject: TermWeights, { defined }: AnswerShape): number {
  let best = 0;
  for (const [term, weight] of subject) {
    const place = defined.get(term);
    if (place !== undefined) best = Math.max(best, (weight * 20) / (20 + place));
  }
  return best;
}

/** Whether the query asks for a number: how many, when, what price. */
export const wantsNumber = (query: string): boolean => asksNumber.test(query);

/** 1 where a number stands within 5 terms of one of the subject's, else 0. */
export function numberNear(subject: TermWeights, terms: readonly string[]): number {
  let [number, matched] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const [place, term] of terms.entries()) {
    if (subject.has(term)) matched = place;
    if (/^\d/.test(term)) number = place;
    if (Math.abs(number - matched) <= 5) return 1;
  }
  return 0;
}
