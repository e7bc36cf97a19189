import { planBatches } from '../../../models/encoder/batches.js';
import { openOnnxSession, type SessionOptions } from '../../../models/onnx/session.js';
import { outputName } from '../passes.js';
import { padRows, type TokenRow } from './token-rows.js';

/** Runs an exported encoder over any number of sequences. */
export interface RowScorer extends AsyncDisposable {
  /** One output a row: a cross-encoder's score, alone in its array, or a bi-encoder's vector. */
  run(rows: readonly TokenRow[], options?: { readonly signal?: AbortSignal }): Promise<Float32Array[]>;
}

/**
 * Opens what `exportNetwork` wrote of a cross-encoder or a bi-encoder. Rows of like length are run together.
 * @throws RankforgeError `missing-package` without onnxruntime-node, `bad-weights`
 */
export async function openRowScorer(
  model: string | Uint8Array,
  options?: SessionOptions,
): Promise<RowScorer> {
  const session = await openOnnxSession(model, options);
  return {
    async run(rows, { signal } = {}) {
      const results = new Array<Float32Array>(rows.length);
      for (const batch of planBatches(rows.map(({ ids }) => ids.length))) {
        signal?.throwIfAborted();
        const outputs = await session.run(padRows(batch.map((i) => rows[i]!)));
        const { data } = outputs[outputName]!;
        const width = data.length / batch.length;
        for (const [row, i] of batch.entries()) results[i] = data.slice(row * width, (row + 1) * width);
      }
      return results;
    },
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
}
