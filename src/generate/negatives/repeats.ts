import { type Passage, passageText } from '../../core/passage.js';
import { normaliseText, words } from '../words.js';

/** Share of equal word triples, of both texts' together, from which one is the other over again. */
const sameText = 0.6;
/** Share of the shorter text's triples that the longer one holds, from which it is a part of it. */
const isPart = 0.8;
/** Triples below which a text is too short to be called a part: a title is in many texts that say other things. */
const fewest = 8;
const shingle = 3;

/** Why a passage is no negative: it is one of the passages that it must not be, or says the same. */
export type Repetition = 'is-positive' | 'repeats-positive';

/**
 * Whether a passage is one of some others or repeats one: the same words, mostly the same (Jaccard overlap of word triples), or one
 * a part of the other, as where a passage was cut from a longer one. Exact, and linear in the passage's length.
 */
export function repeats(others: readonly Passage[]): (passage: Passage) => Repetition | undefined {
  const known = others.map((other) => {
    const text = passageText(other);
    return { id: other.id, text: normaliseText(text), shingles: shingles(text) };
  });
  return (passage) => {
    if (known.some(({ id }) => id === passage.id)) return 'is-positive';
    const text = passageText(passage);
    const normal = normaliseText(text);
    const own = shingles(text);
    return known.some((other) => other.text === normal || overlaps(own, other.shingles))
      ? 'repeats-positive'
      : undefined;
  };
}

function overlaps(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  const [short, long] = a.size < b.size ? [a, b] : [b, a];
  if (short.size === 0) return false;
  let shared = 0;
  for (const one of short) if (long.has(one)) shared += 1;
  if (shared / (short.size + long.size - shared) >= sameText) return true;
  return short.size >= fewest && shared / short.size >= isPart;
}

/** A text's runs of three words; the whole text where it has fewer. */
function shingles(text: string): Set<string> {
  const found = words(text);
  if (found.length === 0) return new Set();
  const last = Math.max(0, found.length - shingle);
  return new Set(
    Array.from({ length: last + 1 }, (_, start) => found.slice(start, start + shingle).join(' ')),
  );
}
