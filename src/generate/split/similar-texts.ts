import { createSigner } from '../hygiene/min-hash.js';
import { bandRows, SketchIndex, sketchOf } from '../hygiene/sketch-index.js';
import { normaliseText } from '../words.js';

export interface SimilarTextsOptions {
  readonly seed: number;
  /** Least estimated Jaccard overlap of shingles, 0 to 1. */
  readonly threshold: number;
  /** Words a shingle. */
  readonly shingle: number;
}

const hashes = 128;
const words = hashes / bandRows;

/**
 * Every pair of similar texts, where duplicate removal needs only one of them: all bands are looked up, so that a pair that
 * overlaps by .7 is missed once in 6,000 times, and texts that repeat another are remembered as well.
 * @param items in order; an id may come again with another text
 */
export function forEachSimilarPair(
  items: Iterable<{ readonly id: string; readonly text: string }>,
  { threshold, ...options }: SimilarTextsOptions,
  visit: (earlier: string, later: string) => void,
): void {
  const sign = createSigner({ ...options, hashes });
  const index = new SketchIndex({ words, bands: words, chain: 64 });
  const ids: string[] = [];
  const exact = new Map<string, string>();
  for (const { id, text } of items) {
    const normal = normaliseText(text);
    const same = exact.get(normal);
    if (same !== undefined) {
      visit(same, id);
      continue;
    }
    exact.set(normal, id);
    const signature = sign(text);
    if (!signature) continue;
    const sketch = sketchOf(signature);
    index.forEachNear(sketch, threshold, (entry) => visit(ids[entry]!, id));
    index.add(sketch);
    ids.push(id);
  }
}
