import { randomStream } from '../../core/random.js';
import { dot } from '../../core/vectors.js';

const rounds = 12;

/**
 * Vectors turned onto their principal axes, of which the first `size` are kept, by subspace iteration: what remains keeps most of
 * their dot products. Their mean is taken off first.
 * @param vectors of one length, not all equal  @param size at most that length
 * @see Halko, Martinsson & Tropp 2011, doi:10.1137/090771806
 */
export function projectOnAxes(vectors: readonly Float32Array[], size: number, seed: number): Float64Array[] {
  const width = vectors[0]!.length;
  const centre = new Float64Array(width);
  for (const vector of vectors) for (let i = 0; i < width; i++) centre[i]! += vector[i]! / vectors.length;
  const centred = vectors.map((vector) => Float64Array.from(vector, (value, i) => value - centre[i]!));
  const covariance = Array.from({ length: width }, () => new Float64Array(width));
  for (const vector of centred) {
    for (let i = 0; i < width; i++) {
      const [row, value] = [covariance[i]!, vector[i]!];
      for (let j = 0; j < width; j++) row[j]! += value * vector[j]!;
    }
  }
  const random = randomStream(seed, 'principal-axes');
  let axes: Float64Array[] = Array.from({ length: size }, () =>
    Float64Array.from({ length: width }, () => random.normal()),
  );
  for (let round = 0; round < rounds; round++) {
    axes = orthonormal(axes.map((axis) => Float64Array.from(covariance, (row) => dot(row, axis))));
  }
  return centred.map((vector) => Float64Array.from(axes, (axis) => dot(axis, vector)));
}

/** Gram-Schmidt. */
function orthonormal(vectors: readonly Float64Array[]): Float64Array[] {
  const basis: Float64Array[] = [];
  for (const vector of vectors) {
    for (const other of basis) {
      const along = dot(vector, other);
      for (let i = 0; i < vector.length; i++) vector[i]! -= along * other[i]!;
    }
    const length = Math.sqrt(dot(vector, vector));
    basis.push(vector.map((value) => (length > 1e-12 ? value / length : 0)));
  }
  return basis;
}
