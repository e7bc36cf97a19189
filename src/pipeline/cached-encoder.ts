import { join } from 'node:path';
import type { JobOptions } from '../core/progress.js';
import type { EmbeddingModel } from '../models/embedding-model.js';
import { openEncoder } from '../models/encoder/encoder.js';
import { cacheFolder } from '../models/weights/cache.js';
import { resolveWeights } from '../models/weights/resolve.js';
import { cacheEmbeddings } from '../retrieval/embedding-cache.js';

/**
 * An encoder by alias, URI or folder that embeds no text twice on this machine: vectors are kept beside the weights, by
 * encoder and content. Disposing it closes both.
 * @throws RankforgeError `missing-package`, and what the weights may throw
 */
export async function openCachedEncoder(name: string, job: JobOptions = {}): Promise<EmbeddingModel> {
  const encoder = await openEncoder({ weights: await resolveWeights(name, job) });
  try {
    const cached = await cacheEmbeddings(encoder, join(cacheFolder(), 'embeddings'));
    return {
      ...cached,
      async [Symbol.asyncDispose]() {
        await cached[Symbol.asyncDispose]();
        await encoder[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await encoder[Symbol.asyncDispose]();
    throw error;
  }
}
