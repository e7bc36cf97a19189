import type { ExamplePassage } from '../../core/example.js';
import type { Passage } from '../../core/passage.js';
import type { Random } from '../../core/random.js';
import type { Corpus } from '../corpus.js';

export interface RandomNegativesOptions {
  readonly stream: Random;
  /** Ids that are in use already, or that may be relevant. */
  readonly taken: ReadonlySet<string>;
  /** Why a passage is out that says what is relevant or there already, if it is. */
  readonly repeated: (passage: Passage) => string | undefined;
  /** What a retriever makes of a passage that its list holds. @default 0 */
  readonly hardnessOf?: (id: string) => number;
}

/** Draws beyond those that a large corpus needs: in a small one most passages are taken. */
const spareDraws = 2000;

/**
 * Passages drawn evenly from the corpus. Draws that fall on what is taken are repeated; a corpus with little else ends the attempt, so
 * there may be fewer.
 */
export async function drawRandom(
  corpus: Corpus,
  count: number,
  { stream, taken, repeated, hardnessOf = () => 0 }: RandomNegativesOptions,
): Promise<ExamplePassage[]> {
  const drawn = new Map<string, ExamplePassage>();
  const most = 20 * count;
  let looked = 0;
  // A draw that falls on what is taken costs nothing, a look costs a reading.
  for (let draw = 0; drawn.size < count && draw < most + spareDraws && looked < most; draw++) {
    if (corpus.ids.length === 0) break;
    const id = corpus.ids[stream.int(corpus.ids.length)]!;
    if (taken.has(id) || drawn.has(id)) continue;
    looked += 1;
    const passage = await corpus.get(id);
    if (!passage || passage.text.trim() === '' || repeated(passage)) continue;
    drawn.set(id, { passage, grade: 0, kind: 'random', origin: 'corpus', hardness: hardnessOf(id) });
  }
  return [...drawn.values()];
}
