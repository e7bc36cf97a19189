import type { Example } from '../../core/example.js';
import { randomStream } from '../../core/random.js';

export type Split = Example['split'];
export const splitNames = ['train', 'validation', 'test'] as const satisfies readonly Split[];

/** Parts of the whole; they need not sum to 1. */
export type SplitShares = Readonly<Partial<Record<Split, number>>>;

/** What must not be divided. */
export interface Cluster {
  /** Stable: draws the cluster's place in the order. */
  readonly name: string;
  readonly size: number;
}

export interface AssignClustersOptions {
  readonly seed: number;
  readonly shares: SplitShares;
  /** How far a part's size may be from its share, as a part of the whole. @default 0.02 */
  readonly tolerance?: number;
}

export interface SplitSize {
  readonly split: Split;
  readonly wanted: number;
  readonly size: number;
  readonly withinTolerance: boolean;
}

export interface Assignment {
  /** By cluster name. */
  readonly splitOf: ReadonlyMap<string, Split>;
  readonly sizes: readonly SplitSize[];
}

/**
 * Gives each cluster to the part that lacks most of its share. Clusters larger than the tolerance go first, the largest
 * before others, while all parts still have room; the rest in a seeded order, so that no part gets the small ones alone. Sizes
 * then differ from the shares by no more than the tolerance and one record, unless the large clusters themselves do not fit.
 */
export function assignClusters(
  clusters: readonly Cluster[],
  { seed, shares, tolerance = 0.02 }: AssignClustersOptions,
): Assignment {
  const total = clusters.reduce((sum, { size }) => sum + size, 0);
  const large = Math.max(1, tolerance * total);
  const order = clusters
    .map((cluster) => ({ ...cluster, priority: randomStream(seed, 'split', cluster.name).next() }))
    .sort(
      (a, b) =>
        Math.max(large, b.size) - Math.max(large, a.size) ||
        a.priority - b.priority ||
        (a.name < b.name ? -1 : 1),
    );
  const sum = splitNames.reduce((all, name) => all + (shares[name] ?? 0), 0);
  const shareOf = (split: Split): number =>
    sum > 0 ? (shares[split] ?? 0) / sum : split === 'train' ? 1 : 0;
  const parts = splitNames.map((split) => {
    const wanted = shareOf(split) * total;
    return { split, wanted, lacking: wanted };
  });
  const splitOf = new Map<string, Split>();
  for (const { name, size } of order) {
    const part = parts.reduce((most, next) => (next.lacking > most.lacking ? next : most));
    part.lacking -= size;
    splitOf.set(name, part.split);
  }
  const sizes = parts.map(({ split, wanted, lacking }) => ({
    split,
    wanted,
    size: wanted - lacking,
    withinTolerance: Math.abs(lacking) <= tolerance * total + 1,
  }));
  return { splitOf, sizes };
}
