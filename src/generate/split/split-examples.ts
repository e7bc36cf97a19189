import type { Example } from '../../core/example.js';
import { type Passage, passageText } from '../../core/passage.js';
import type { Funnel } from '../funnel.js';
import { documentOf } from '../sample/sample-passages.js';
import { type Assignment, assignClusters, type SplitShares } from './assign-clusters.js';
import { DisjointSets } from './disjoint-sets.js';
import { forEachSimilarPair } from './similar-texts.js';

export interface SplitExamplesOptions {
  readonly seed: number;
  /** Parts of the whole; they need not sum to 1. @default { train: 0.8, validation: 0.2, test: 0 } */
  readonly shares?: SplitShares;
  /** What a passage was cut from. @default documentOf */
  readonly group?: (passage: Passage) => string;
  /** What a source passage is about: topics are not divided either. See `topicsOf`. @default none */
  readonly topic?: (passage: Passage) => string | undefined;
  /** How far a part may be from its share, as a part of the whole. @default 0.02 */
  readonly tolerance?: number;
  readonly funnel?: Funnel;
}

export interface ExampleSplit {
  /** In the order they were given, as new records. */
  readonly examples: Example[];
  readonly sizes: Assignment['sizes'];
  readonly clusters: number;
  /** Examples of the largest cluster: above a part's share that part cannot be met. */
  readonly largestCluster: number;
}

/** Texts that overlap by this much are the same one for a split; removal asks for more. */
const nearQuery = { threshold: 0.8, shingle: 1 };
const nearPassage = { threshold: 0.7, shingle: 3 };

/**
 * Divides examples so that nothing relevant in one part is known from another: examples whose queries are the same or
 * near-duplicates, that were written about one document or topic, or whose relevant passages are the same or near-duplicates,
 * stay together (union-find). Written passages go with the query they were written for. Shared negatives do not tie
 * examples, or random ones would tie them all. The order of the examples changes nothing.
 *
 * Noted under `split`: the parts, what tied clusters together (`tied-by-…`, once a tie that was new), and `outside-tolerance`
 * for each part whose share could not be met.
 */
export function splitWithSizes(examples: readonly Example[], options: SplitExamplesOptions): ExampleSplit {
  const { seed, shares = { train: 0.8, validation: 0.2 }, funnel } = options;
  const sets = tieExamples(examples, options);
  const members = new Map<string, number>();
  const names = new Map<string, string>();
  for (const { query } of examples) {
    const root = sets.find(`query ${query.id}`);
    members.set(root, (members.get(root) ?? 0) + 1);
    const name = names.get(root);
    // The smallest id names a cluster, whichever member happens to be its root.
    if (name === undefined || query.id < name) names.set(root, query.id);
  }
  const clusters = [...members].map(([root, size]) => ({ name: names.get(root)!, size }));
  const { splitOf, sizes } = assignClusters(clusters, { seed, shares, tolerance: options.tolerance });
  for (const { withinTolerance } of sizes) if (!withinTolerance) funnel?.note('split', 'outside-tolerance');
  return {
    examples: examples.map((example) => {
      const split = splitOf.get(names.get(sets.find(`query ${example.query.id}`))!)!;
      funnel?.accept('split');
      funnel?.note('split', split);
      return { ...example, split };
    }),
    sizes,
    clusters: clusters.length,
    largestCluster: clusters.reduce((most, { size }) => Math.max(most, size), 0),
  };
}

/** `splitWithSizes`, the examples alone. */
export const splitExamples = (examples: readonly Example[], options: SplitExamplesOptions): Example[] =>
  splitWithSizes(examples, options).examples;

function tieExamples(
  examples: readonly Example[],
  { seed, group = documentOf, topic, funnel }: SplitExamplesOptions,
): DisjointSets {
  const sets = new DisjointSets();
  const tie = (a: string, b: string, why: string): void => {
    // A name that was not met before joins nothing to anything.
    const isNew = !sets.has(b);
    if (sets.join(a, b) && !isNew) funnel?.note('split', `tied-by-${why}`);
  };
  // In the order of ids, so that clusters have the same members however the examples come.
  const sorted = [...examples].sort((a, b) => (a.query.id < b.query.id ? -1 : 1));
  const relevant: { id: string; text: string }[] = [];
  for (const { query, passages } of sorted) {
    const self = `query ${query.id}`;
    sets.find(self);
    // Without documents a query was written about a topic.
    const { topic: writtenOf } = query.metadata ?? {};
    if (typeof writtenOf === 'string') tie(self, `topic ${writtenOf}`, 'topic');
    for (const { passage, grade, kind, origin } of passages) {
      // A source is what the query was written about, whatever grade it got; that of an unanswerable query or a reversed twin is no positive.
      const isSource = kind === 'positive' || (origin === 'corpus' && passage.id === query.metadata?.source);
      if (grade < 2 && !isSource) continue;
      tie(self, `passage ${passage.id}`, 'passage');
      relevant.push({ id: passage.id, text: passageText(passage) });
      // A mined passage that was judged relevant ties by itself alone: its whole document would tie nearly everything.
      if (origin !== 'corpus') continue;
      tie(self, `group ${group(passage)}`, 'document');
      const about = topic?.(passage);
      if (about !== undefined) tie(self, `topic ${about}`, 'topic');
    }
  }
  forEachSimilarPair(
    sorted.map(({ query }) => query),
    { seed, ...nearQuery },
    (a, b) => tie(`query ${a}`, `query ${b}`, 'query'),
  );
  forEachSimilarPair(relevant, { seed, ...nearPassage }, (a, b) =>
    tie(`passage ${a}`, `passage ${b}`, 'near-duplicate'),
  );
  return sets;
}
