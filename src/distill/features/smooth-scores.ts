import { dot } from '../../core/vectors.js';

/** Falls to 1 / e at a squared distance of 1 / width, which is a cosine of 5 / 6. */
const width = 3;
/** Variance of what a score says wrongly, as a share of what it says rightly. */
const noise = 0.3;

/**
 * Puts into scores what a passage's neighbours say of it: the mean of a Gaussian process through the scores, taken as noisy. A
 * passage that is like the best ones rises, a lone one with a high score falls.
 * f = K (K + noise I)⁻¹ s, K_ij = exp(−width ‖x_i − x_j‖²)
 * @param vectors of one list, of unit length
 * @returns a function of scores, about 0 and aligned with the vectors; time grows with the square of the list's length
 * @see Diaz 2005, doi:10.1145/1099554.1099722 (regularising scores by similarity); Rasmussen & Williams 2006, chapter 2
 */
export function createSmoother(vectors: readonly Float32Array[]): (scores: readonly number[]) => number[] {
  const kernel = vectors.map(() => new Float64Array(vectors.length));
  for (let i = 0; i < vectors.length; i++) {
    for (let j = 0; j <= i; j++) {
      const value = i === j ? 1 : Math.exp(-2 * width * (1 - dot(vectors[i]!, vectors[j]!)));
      kernel[i]![j] = value;
      kernel[j]![i] = value;
    }
  }
  return (scores) => {
    const weights = solve(kernel, scores);
    return kernel.map((row) => dot(row, weights));
  };
}

/** Solves (K + noise I) x = b by conjugate gradients: K is positive, so the noise bounds how many steps it takes. */
function solve(kernel: readonly Float64Array[], b: readonly number[]): Float64Array {
  const x = new Float64Array(b.length);
  const residual = Float64Array.from(b);
  const direction = Float64Array.from(b);
  let size = dot(residual, residual);
  const enough = 1e-20 * size;
  for (let step = 0; step < 500 && size > enough; step++) {
    const image = kernel.map((row, i) => dot(row, direction) + noise * direction[i]!);
    const length = size / dot(direction, image);
    for (let i = 0; i < x.length; i++) {
      x[i]! += length * direction[i]!;
      residual[i]! -= length * image[i]!;
    }
    const next = dot(residual, residual);
    for (let i = 0; i < x.length; i++) direction[i] = residual[i]! + (next / size) * direction[i]!;
    size = next;
  }
  return x;
}
