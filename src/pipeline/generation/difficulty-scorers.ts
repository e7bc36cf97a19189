import { passageText } from '../../core/passage.js';
import { dot } from '../../core/vectors.js';
import type { ExampleScorer } from '../../generate/select/difficulty.js';
import type { EmbeddingModel } from '../../models/embedding-model.js';
import { createAnalyser } from '../../retrieval/analyser.js';
import { type Bm25Settings, bm25Pair, type TermStatistics } from '../../retrieval/bm25.js';

/** What tells how hard an example is: scores of its passages, written ones as well as found ones. */
export interface DifficultyScorer {
  readonly score: ExampleScorer;
  /** For a softmax that tells the scores apart. */
  readonly temperature: number;
}

/** By the encoder alone. */
export const scoreByCosine = (encoder: EmbeddingModel): DifficultyScorer => ({
  // Cosines spread over too little.
  temperature: 0.05,
  async score({ query, passages }, options) {
    const texts = [query.text, ...passages.map(({ passage }) => passageText(passage))];
    const [asked, ...found] = await encoder.embed(texts, options);
    return found.map((vector) => dot(asked!, vector));
  },
});

/** By BM25, where there is no encoder; the statistics are of the collection, which written passages are not in. */
export function scoreByBm25(statistics: TermStatistics, settings: Bm25Settings = {}): DifficultyScorer {
  const analyse = createAnalyser('english');
  return {
    temperature: 1,
    score({ query, passages }) {
      const terms = analyse(query.text);
      return passages.map(({ passage }) =>
        bm25Pair(terms, analyse(passageText(passage)), statistics, settings),
      );
    },
  };
}
