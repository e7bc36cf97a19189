import type { CallOptions } from './language-model.js';

/** Texts to unit vectors. */
export interface EmbeddingModel extends AsyncDisposable {
  /** Stable name of the weights. */
  readonly id: string;
  readonly dimensions: number;
  /** One unit-length vector a text, in order; long texts are cut at the model's maximum. */
  embed(texts: readonly string[], options?: CallOptions): Promise<Float32Array[]>;
}
