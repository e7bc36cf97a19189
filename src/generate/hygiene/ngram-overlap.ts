import { KeyTable } from './key-table.js';
import { hashWord, mix } from './min-hash.js';
import { wordPieces } from './word-pieces.js';

/** How much of a text must be found in another for the two to count as overlapping. */
export interface NgramRule {
  /** Words of an n-gram. */
  readonly words: number;
  /** Least share of the n-grams, above 0 to 1; 0: one is enough. */
  readonly share: number;
}

/**
 * Rules that published models were cleaned by: PaLM 70 % of the 8-grams (Chowdhery et al. 2022, arXiv:2204.02311, § 8),
 * GPT-3 any 13-gram (Brown et al. 2020, arXiv:2005.14165, appendix C).
 */
export const ngramRules = {
  palm: { words: 8, share: 0.7 },
  'gpt-3': { words: 13, share: 0 },
} as const satisfies Record<string, NgramRule>;
export type NgramRuleName = keyof typeof ngramRules;

interface NgramOverlap {
  readonly id: string;
  /** The n-grams of one text that the other has, of the text where this is more: 0 to 1. */
  readonly share: number;
}

/** Texts of an evaluation set, by their n-grams: 16 to 32 bytes an n-gram. */
export interface NgramIndex {
  /** @returns whether it is long enough to be told by its words */
  add(id: string, text: string): boolean;
  /** The text with the largest overlap that the rule counts, or undefined. Time is linear in the text. */
  find(text: string): NgramOverlap | undefined;
}

/** The fewest words that are told by n-grams: in shorter ones it is chance. GPT-3's bound. */
const leastWords = 8;
/** Texts remembered under one n-gram. */
const sharedBy = 64;

/** An index of n-grams of words, case and punctuation aside. A text of 8 words or more that is shorter than an n-gram is one. */
export function createNgramIndex({ words: size, share }: NgramRule = ngramRules.palm): NgramIndex {
  const table = new KeyTable();
  const ids: string[] = [];
  /** N-grams of each text, each counted once. */
  const counts: number[] = [];
  const lengths = new Set<number>();

  return {
    add(id, text) {
      const length = Math.min(size, countWords(text, size));
      if (length < Math.min(leastWords, size)) return false;
      lengths.add(length);
      const number = ids.push(id) - 1;
      const seen = new Set<number>();
      forEachGram(text, length, (high, low) => {
        const key = oneNumber(high, low);
        if (seen.has(key)) return;
        seen.add(key);
        table.add(high, low, number, sharedBy);
      });
      counts.push(seen.size);
      return true;
    },
    find(text) {
      const distinct = new Map<number, number>();
      const places = new Map<number, number>();
      let longest = 0;
      for (const length of lengths) {
        const seen = new Set<number>();
        let grams = 0;
        forEachGram(text, length, (high, low) => {
          grams += 1;
          table.forEach(high, low, (number) => {
            places.set(number, (places.get(number) ?? 0) + 1);
            const key = oneNumber(high, low ^ mix(number));
            if (seen.has(key)) return;
            seen.add(key);
            distinct.set(number, (distinct.get(number) ?? 0) + 1);
          });
        });
        if (length === size) longest = grams;
      }
      let best: NgramOverlap | undefined;
      for (const [number, found] of distinct) {
        const ofOther = found / counts[number]!;
        const ofText = longest === 0 ? 0 : Math.min(1, places.get(number)! / longest);
        const most = Math.max(ofOther, ofText);
        if (most >= share && most > (best?.share ?? 0)) best = { id: ids[number]!, share: most };
      }
      return best;
    },
  };
}

const oneNumber = (high: number, low: number): number => (high & 0x1f_ffff) * 0x1_0000_0000 + (low >>> 0);

/** Counts no further than it is asked. */
function countWords(text: string, most: number): number {
  let count = 0;
  for (const piece of wordPieces(text)) {
    count += piece.length;
    if (count >= most) break;
  }
  return count;
}

function forEachGram(text: string, length: number, visit: (high: number, low: number) => void): void {
  const ring = new Uint32Array(length);
  let count = 0;
  for (const piece of wordPieces(text)) {
    for (const word of piece) {
      ring[count % length] = hashWord(word);
      count += 1;
      if (count < length) continue;
      let [high, low] = [length, ~length];
      for (let i = count; i < count + length; i++) {
        high = mix(high ^ ring[i % length]!);
        low = mix((low + ring[i % length]!) | 0);
      }
      visit(high, low);
    }
  }
}
