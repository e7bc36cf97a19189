import type { JobOptions } from '../../core/progress.js';
import { randomStream } from '../../core/random.js';
import { memoryVectors, readRows, type VectorSource } from './vector-source.js';

/** Rows that means are fitted to: 100 MB of 384 numbers each. */
const mostRows = 65_536;
/** With fewer a cluster, means would be those of a handful of rows. */
const rowsPerCluster = 64;

/**
 * The rows that means are fitted to: all of them, or of very many a uniform sample of 65,536, and 64 a cluster where that is
 * more, in the order of the source. Means are averages, so that a sample places them nearly as well, and a million rows are
 * read once, to be assigned.
 * @see Johnson, Douze & Jégou 2017, "Billion-scale similarity search with GPUs", arXiv:1702.08734, whose library Faiss fits
 *   its k-means to a uniform sample of at most 256 rows a cluster, and warns of fewer than 39
 */
export async function fittingRows(
  source: VectorSource,
  { k, seed, signal }: { readonly k: number; readonly seed: number } & Pick<JobOptions, 'signal'>,
): Promise<VectorSource> {
  const wanted = Math.max(mostRows, rowsPerCluster * k);
  if (source.size <= wanted) return source;
  const rows = chooseRowNumbers(source.size, wanted, seed);
  signal?.throwIfAborted();
  return memoryVectors(await readRows(source, rows), source.dimensions);
}

/**
 * `wanted` of `size` row numbers, each set of them equally likely, ascending: each is taken with the probability of those
 * still wanted among those left.
 * @see Fan, Muller & Rezucha 1962, doi:10.1080/01621459.1962.10480667; Knuth, TAOCP 2, section 3.4.2, algorithm S
 */
function chooseRowNumbers(size: number, wanted: number, seed: number): Uint32Array {
  const random = randomStream(seed, 'k-means-sample');
  const rows = new Uint32Array(wanted);
  let taken = 0;
  for (let row = 0; taken < wanted; row++) {
    if (random.next() * (size - row) < wanted - taken) rows[taken++] = row;
  }
  return rows;
}
