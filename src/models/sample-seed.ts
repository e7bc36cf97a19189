import type { GenerateRequest } from './language-model.js';

/** The seed of one sample of a request, an unsigned 32-bit integer: with the request's own, every sample would be the same. */
export const sampleSeed = ({ seed = 0, sample = 0 }: GenerateRequest): number =>
  (seed + 1_000_003 * sample) >>> 0;
