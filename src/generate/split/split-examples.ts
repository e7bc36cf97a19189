import type { Example } from '../../core/example.js';
import { type Passage, passageText } from '../../core/passage.js';
import { randomStream } from '../../core/random.js';
import type { Funnel } from '../funnel.js';
import { createDuplicateIndex } from '../hygiene/near-duplicates.js';
import { queryDuplicates } from '../queries/write-queries.js';
import { documentOf } from '../sample/sample-passages.js';

export type Split = Example['split'];

export interface SplitExamplesOptions {
  readonly seed: number;
  /** Parts of the whole; they need not sum to 1. @default { train: 0.8, validation: 0.2, test: 0 } */
  readonly shares?: Readonly<Partial<Record<Split, number>>>;
  /** What must not be divided. @default documentOf */
  readonly group?: (passage: Passage) => string;
  readonly funnel?: Funnel;
}

/**
 * Divides examples so that nothing relevant in one part is known from another: examples whose queries are the same or
 * near-duplicates, that were written about one document, or whose relevant passages are the same or near-duplicates, stay
 * together (union-find). Shared negatives do not tie examples, or random ones would tie them all.
 *
 * Groups go, in a seeded order, to the part that lacks most of its share, so shares are met as nearly as the groups
 * allow. The order of the examples changes nothing; they come back in it, as new records.
 */
export function splitExamples(examples: readonly Example[], options: SplitExamplesOptions): Example[] {
  const { seed, shares = { train: 0.8, validation: 0.2 }, group = documentOf, funnel } = options;
  const sets = new DisjointSets();
  const texts = createDuplicateIndex({ seed, threshold: 0.7 });
  const queries = queryDuplicates(seed);
  // In the order of ids, since which text is the first of several decides which are near it.
  for (const { query, passages } of [...examples].sort((a, b) => (a.query.id < b.query.id ? -1 : 1))) {
    const self = `query ${query.id}`;
    const repeated = queries.add(query.id, query.text);
    sets.join(self, `query ${repeated?.id ?? query.id}`);
    for (const { passage, grade, kind, origin } of passages) {
      // A source is what the query was written about, whatever grade it got.
      if (grade < 2 && kind !== 'positive') continue;
      sets.join(self, `passage ${passage.id}`);
      // A mined passage that was judged relevant ties by itself alone: its whole document would tie nearly everything.
      if (origin === 'corpus') sets.join(self, `group ${group(passage)}`);
      const match = texts.add(passage.id, passageText(passage));
      if (match) sets.join(self, `passage ${match.id}`);
    }
  }
  const members = new Map<string, number>();
  const names = new Map<string, string>();
  for (const { query } of examples) {
    const root = sets.find(`query ${query.id}`);
    members.set(root, (members.get(root) ?? 0) + 1);
    const name = names.get(root);
    // The smallest id names a group, whichever member happens to be its root.
    if (name === undefined || query.id < name) names.set(root, query.id);
  }
  const order = [...members.keys()]
    .map((root) => ({ root, priority: randomStream(seed, 'split', names.get(root)!).next() }))
    .sort((a, b) => a.priority - b.priority || (names.get(a.root)! < names.get(b.root)! ? -1 : 1));
  const total = (shares.train ?? 0) + (shares.validation ?? 0) + (shares.test ?? 0);
  const wanted = (['train', 'validation', 'test'] as const).map((split) => ({
    split,
    lacking:
      total > 0 ? ((shares[split] ?? 0) / total) * examples.length : split === 'train' ? examples.length : 0,
  }));
  const splitOf = new Map<string, Split>();
  for (const { root } of order) {
    const part = wanted.reduce((most, next) => (next.lacking > most.lacking ? next : most));
    part.lacking -= members.get(root)!;
    splitOf.set(root, part.split);
  }
  return examples.map((example) => {
    const split = splitOf.get(sets.find(`query ${example.query.id}`))!;
    funnel?.accept('split');
    funnel?.note('split', split);
    return { ...example, split };
  });
}

/** Union-find over names, with path halving. */
class DisjointSets {
  readonly #parent = new Map<string, string>();

  find(name: string): string {
    let at = name;
    for (;;) {
      const parent = this.#parent.get(at);
      if (parent === undefined) {
        this.#parent.set(at, at);
        return at;
      }
      if (parent === at) return at;
      const above = this.#parent.get(parent)!;
      this.#parent.set(at, above);
      at = above;
    }
  }

  join(a: string, b: string): void {
    const [left, right] = [this.find(a), this.find(b)];
    if (left !== right) this.#parent.set(right, left);
  }
}
