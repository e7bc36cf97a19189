import type { ExamplePassage } from '../../core/example.js';
import type { Passage } from '../../core/passage.js';
import type { Random } from '../../core/random.js';
import type { Corpus } from '../corpus.js';
import type { Repetition } from './repeats.js';

export interface RandomNegativesOptions {
  readonly stream: Random;
  /** Ids that are in use already, or that a retriever ranks: those may be relevant. */
  readonly taken: ReadonlySet<string>;
  /** Whether a passage is a relevant one or repeats it. */
  readonly repeatsRelevant: (passage: Passage) => Repetition | undefined;
  /** What the retriever makes of a passage that it ranks further down. @default 0 */
  readonly hardnessOf?: (id: string) => number;
}

/**
 * Passages drawn evenly from the corpus. Draws that fall on what is taken are repeated; a corpus with little else ends the attempt, so
 * there may be fewer.
 */
export async function drawRandom(
  corpus: Corpus,
  count: number,
  { stream, taken, repeatsRelevant, hardnessOf = () => 0 }: RandomNegativesOptions,
): Promise<ExamplePassage[]> {
  const drawn = new Map<string, ExamplePassage>();
  for (let attempt = 0; drawn.size < count && attempt < 20 * count && corpus.ids.length > 0; attempt++) {
    const id = corpus.ids[stream.int(corpus.ids.length)]!;
    if (taken.has(id) || drawn.has(id)) continue;
    const passage = await corpus.get(id);
    if (!passage || passage.text.trim() === '' || repeatsRelevant(passage)) continue;
    drawn.set(id, { passage, grade: 0, kind: 'random', origin: 'corpus', hardness: hardnessOf(id) });
  }
  return [...drawn.values()];
}
