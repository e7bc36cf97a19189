import type { Example } from '../../core/example.js';
import type { JobOptions } from '../../core/progress.js';
import { kMeans } from '../cluster/k-means.js';
import type { VectorSource } from '../cluster/vector-source.js';

/** The type of an example's query, where it was recorded. */
export function typeOf({ query }: Example): string | undefined {
  const type = query.metadata?.type;
  return typeof type === 'string' ? type : undefined;
}

/** The grade of what an example's query was written about, or the highest grade of its passages; undefined without any. */
export function gradeOf({ passages }: Example): string | undefined {
  const source = passages.find(({ origin }) => origin === 'corpus');
  if (source) return String(source.grade);
  return passages.length === 0 ? undefined : String(Math.max(...passages.map(({ grade }) => grade)));
}

/** The number of each example's k-means cluster, from 0. @throws RankforgeError as `kMeans` does */
export async function clusterNames(
  vectors: VectorSource,
  { k, seed, signal }: { readonly k: number; readonly seed: number } & Pick<JobOptions, 'signal'>,
): Promise<string[]> {
  const { clusters } = await kMeans(vectors, { k, seed, signal });
  return Array.from(clusters, String);
}
