import type { EmbeddingModel } from '../../src/models/embedding-model.js';

/** Counts letters a to h: texts of like letters are near. Tells which texts it was given. */
export function toyEncoder(id = 'toy'): EmbeddingModel & { readonly seen: string[] } {
  const seen: string[] = [];
  return {
    id,
    dimensions: 9,
    seen,
    async embed(texts, { signal } = {}) {
      signal?.throwIfAborted();
      seen.push(...texts);
      return texts.map((text) => {
        const vector = new Float32Array(9);
        vector[8] = 0.1;
        for (const letter of text)
          if (letter >= 'a' && letter <= 'h') vector[letter.charCodeAt(0) - 97]! += 1;
        const length = Math.hypot(...vector);
        return vector.map((value) => value / length);
      });
    },
    async [Symbol.asyncDispose]() {},
  };
}
