import { type Passage, passageText } from '../../core/passage.js';
import type { JobOptions } from '../../core/progress.js';
import type { Funnel } from '../funnel.js';
import { createDuplicateIndex } from '../hygiene/near-duplicates.js';
import { words } from '../words.js';

export interface FitPassagesOptions extends JobOptions {
  readonly seed: number;
  /** Shortest text, in words; a character counts as one in scripts without spaces. @default 25 */
  readonly minWords?: number;
  /** Leave near-duplicates out. @default true */
  readonly distinct?: boolean;
  readonly funnel?: Funnel;
}

/** Why no query should be written about a text, or undefined. */
export function unfitText(text: string, minWords: number): 'too-short' | 'boilerplate' | undefined {
  const bare = text.replace(/<[^<>]{1,300}>/gu, ' ');
  const found = words(bare);
  if (found.length < minWords) return 'too-short';
  const letters = bare.match(/[\p{L}\p{M}]/gu)?.length ?? 0;
  const visible = bare.match(/\S/gu)?.length ?? 1;
  // Tables of numbers, rules of dashes, menus that repeat themselves.
  if (letters / visible < 0.5) return 'boilerplate';
  if (new Set(found).size / Math.min(found.length, 200) < 0.2) return 'boilerplate';
  return undefined;
}

/**
 * The passages that queries may be written about, with their place in the corpus, from 0. Of several near-duplicates the
 * first stays. Rejections `too-short`, `boilerplate`, `exact-duplicate` and `near-duplicate` are counted under `passages`.
 * Memory: what finds near-duplicates, about 1 KiB a passage; none without `distinct`.
 */
export async function* fitPassages(
  passages: AsyncIterable<Passage> | Iterable<Passage>,
  { seed, minWords = 25, distinct = true, funnel, signal, onProgress }: FitPassagesOptions,
): AsyncGenerator<{ readonly passage: Passage; readonly position: number }> {
  const seen = distinct ? createDuplicateIndex({ seed }) : undefined;
  let read = 0;
  for await (const passage of passages) {
    signal?.throwIfAborted();
    const position = read++;
    if (read % 1000 === 0) onProgress?.({ stage: 'passages', done: read });
    const reason = unfitText(passage.text, minWords) ?? seen?.add(passage.id, passageText(passage))?.reason;
    if (reason) funnel?.reject('passages', reason);
    else yield { passage, position };
  }
}
