import type { ScoredId } from '../core/run.js';

/** trec_eval's order: highest score first; equal scores by id, last one first, compared by bytes. */
export function compareAsTrec(a: ScoredId, b: ScoredId): number {
  return b.score - a.score || compareBytes(b.id, a.id);
}

/** Order of the UTF-8 bytes. It differs from JavaScript's only beyond U+D7FF. */
function compareBytes(a: string, b: string): number {
  if (a === b) return 0;
  if (/[\ud800-\uffff]/.test(a) || /[\ud800-\uffff]/.test(b))
    return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return a < b ? -1 : 1;
}

/**
 * Scores that keep the given order when a reader sorts by them, as every reader of runs does: trec_eval 9 and what wraps
 * it in 32 bits, later versions in 64. A score that would not fall in its place (a tie the wrong way round, a reranker's
 * scores of several groups) is lowered to just under the one before it; all others stay as they are.
 */
export function scoresInOrder(items: readonly ScoredId[]): number[] {
  const scores: number[] = [];
  for (const [index, item] of items.entries()) {
    const before = index > 0 ? { id: items[index - 1]!.id, score: scores[index - 1]! } : undefined;
    const fits =
      before === undefined ||
      (compareAsTrec(before, item) < 0 && compareAsTrec(inFloat32(before), inFloat32(item)) < 0);
    scores.push(fits ? item.score : nextFloat32Below(before.score));
  }
  return scores;
}

const inFloat32 = ({ id, score }: ScoredId): ScoredId => ({ id, score: Math.fround(score) });

/** The first float32 below the one that the value is rounded to: less than the value in either precision. */
function nextFloat32Below(value: number): number {
  const rounded = Math.fround(value);
  if (rounded === 0) return -(2 ** -149);
  const bits = new Int32Array(new Float32Array([rounded]).buffer);
  bits[0]! += rounded > 0 ? -1 : 1;
  return new Float32Array(bits.buffer)[0]!;
}
