import { randomStream, shuffle } from '../../../src/core/random.js';
import { createFeatureExtractor } from '../../../src/distill/features/extractor.js';
import type { TextList } from '../../../src/distill/texts/train-text-student.js';
import { createAnalyser } from '../../../src/retrieval/analyser.js';
import { termStatistics } from '../../../src/retrieval/bm25.js';

const syllables = 'ba ke lo mi nu ra se ti vo zu pa de'.split(' ');
const words = syllables.flatMap((a) => syllables.map((b) => `${a}${b}n`));

/**
 * Lists whose label is how many of the query's words stand in the passage, and that nothing else decides. With `features`
 * 'useless' the untrained prior sees other queries, and so knows nothing.
 */
export function matchingLists(count: number, { rows = 8, seed = 1, features = 'useless' } = {}): TextList[] {
  const drawn = Array.from({ length: count }, (_, list) => {
    const random = randomStream(seed, 'list', list);
    const query = shuffle(words, random).slice(0, 3);
    const passages = Array.from({ length: rows }, (_, row) => {
      const found = query.slice(0, row % 4);
      const noise = Array.from({ length: 6 - found.length }, () => words[random.int(words.length)]!);
      return shuffle([...found, ...noise], random).join(' ');
    });
    const labels = passages.map(
      (passage) => query.filter((word) => passage.split(' ').includes(word)).length,
    );
    return { query: query.join(' '), passages, labels };
  });
  const statistics = termStatistics(
    drawn.flatMap(({ passages }, q) => passages.map((text, i) => ({ id: `${q}-${i}`, text }))),
    createAnalyser('english'),
  );
  const extractor = createFeatureExtractor({ statistics, dense: false });
  return drawn.map(({ query, passages, labels }, i) => {
    const seen = features === 'useless' ? drawn[(i + 1) % count]!.query : query;
    return {
      queryId: `q${i}`,
      query,
      passages,
      labels: Float64Array.from(labels),
      features: extractor.extract(
        { text: seen },
        passages.map((text) => ({ text })),
      ),
    };
  });
}

export const textsOf = (lists: readonly TextList[]): string[] =>
  lists.flatMap(({ query, passages }) => [query, ...passages]);

export const featuresOf = (lists: readonly TextList[]) => {
  const { names } = lists[0]!.features;
  return { version: 2, dense: false, firstStage: false, names };
};
