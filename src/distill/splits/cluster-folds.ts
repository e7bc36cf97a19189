import type { JobOptions } from '../../core/progress.js';
import { kMeans } from '../../generate/cluster/k-means.js';
import { vectorsOf } from '../../generate/cluster/vector-source.js';

const notMeasured = 'not measured on subjects unseen in training';

/** Why there is no such measurement, for a card. */
export const noUnseenSubjects = {
  tooFew: `${notMeasured}: without one of them too few queries are left to learn from`,
  oneSubject: `${notMeasured}: all queries are of one subject`,
  reader: `${notMeasured}: what reads texts would be trained once more for each fold of subjects`,
  noTexts: `${notMeasured}: a feature file has no texts that tell subjects apart`,
} as const;

export interface ClusterFoldsOptions extends Pick<JobOptions, 'signal'> {
  readonly seed: number;
  /** @default 5, or one a cluster below that */
  readonly folds?: number;
  /** Subjects wanted. @default the root of the number of queries, at least as many as folds */
  readonly clusters?: number;
}

export interface ClusterFolds {
  readonly clusters: number;
  /** Ids of queries: a cluster is in one fold as a whole. Empty where all queries are of one cluster. */
  readonly folds: readonly ReadonlySet<string>[];
}

/**
 * Folds of queries such that each asks of subjects that no other fold asks of: k-means on vectors, and whole clusters dealt out,
 * the largest first, each to the smallest fold. A student trained without a fold has to extrapolate to it.
 * @param queries vectors of one length, for instance of a query and its first candidates
 * @throws RankforgeError `usage` for vectors that cannot be compared, `too-little-data` for none
 */
export async function clusterFolds(
  queries: readonly { readonly id: string; readonly vector: Float32Array }[],
  {
    seed,
    folds = 5,
    clusters = Math.max(folds, Math.round(Math.sqrt(queries.length))),
    signal,
  }: ClusterFoldsOptions,
): Promise<ClusterFolds> {
  // In the order of ids, since k-means draws its seeds by place.
  const sorted = queries.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const found = await kMeans(vectorsOf(sorted.map(({ vector }) => vector)), {
    k: Math.min(clusters, sorted.length),
    seed,
    starts: 5,
    signal,
  });
  const groups = new Map<number, string[]>();
  for (const [row, { id }] of sorted.entries()) {
    const cluster = found.clusters[row]!;
    groups.set(cluster, [...(groups.get(cluster) ?? []), id]);
  }
  const parts = Array.from({ length: Math.min(folds, groups.size) }, () => new Set<string>());
  for (const group of [...groups.values()].sort((a, b) => b.length - a.length)) {
    const smallest = parts.reduce((least, part) => (part.size < least.size ? part : least));
    for (const id of group) smallest.add(id);
  }
  return { clusters: groups.size, folds: parts.length > 1 ? parts : [] };
}
