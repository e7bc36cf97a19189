import { dirname, join } from 'node:path';
import { createTurns } from '../../core/turns.js';
import { createSemaphore } from '../door/semaphore.js';
import type { EmbeddingModel } from '../embedding-model.js';
import { openOnnxSession } from '../onnx/session.js';
import { type BatchLimits, planBatches } from './batches.js';
import { bertGraph } from './bert-graph.js';
import { readBertShape } from './bert-shape.js';
import { Safetensors } from './safetensors.js';
import { readWordPieces } from './word-pieces.js';

export interface EncoderOptions {
  /** A folder with model.safetensors and tokenizer.json, and config.json where there is one: what `resolveWeights` gives. */
  readonly weights: {
    readonly id: string;
    readonly sha256?: string;
    readonly folder: string;
    readonly files?: Readonly<Record<string, string>>;
  };
  /** Threads of one batch. @default the machine's cores, at most 8 */
  readonly threads?: number;
  /** What is computed at once: an abort waits for the end of a batch. */
  readonly batch?: BatchLimits;
}

/**
 * Opens a BERT sentence encoder (all-MiniLM-L6-v2 and its kind) on ONNX Runtime: mean pooling, unit length, float32.
 * Cosines equal sentence-transformers' to about 1e-6. A text keeps its first `max_seq_length` tokens (256 for MiniLM).
 * @throws RankforgeError `missing-package`, `missing-file`, `bad-weights`, `unsupported`
 */
export async function openEncoder({
  weights,
  threads,
  batch: limits,
}: EncoderOptions): Promise<EmbeddingModel> {
  const file = (name: string): string => weights.files?.[name] ?? join(weights.folder, name);
  const tensors = await Safetensors.open(file('model.safetensors'));
  const shape = await readBertShape(dirname(file('config.json')), tensors);
  const encode = await readWordPieces(file('tokenizer.json'), shape.maxTokens);
  const session = await openOnnxSession(bertGraph(tensors, shape).toBytes(), { threads });

  // ONNX Runtime computes on the event loop: batches of several callers in one turn of it would keep everyone else waiting.
  const acquire = createSemaphore(1);
  const runBatch = async (batch: readonly (readonly number[])[]): Promise<Float32Array> => {
    const length = Math.max(...batch.map((ids) => ids.length));
    const ids = new BigInt64Array(batch.length * length);
    const mask = new BigInt64Array(batch.length * length);
    batch.forEach((tokens, row) => {
      for (const [i, token] of tokens.entries()) {
        ids[row * length + i] = BigInt(token);
        mask[row * length + i] = 1n;
      }
    });
    const dims = [batch.length, length];
    const { vectors } = await session.run({
      ids: { data: ids, shape: dims },
      mask: { data: mask, shape: dims },
    });
    return vectors!.data;
  };

  return {
    // With the weights' hash, so that what is kept by this id is not read back for other weights of the same name.
    id: weights.sha256 ? `${weights.id}@${weights.sha256.slice(0, 12)}` : weights.id,
    dimensions: shape.hidden,
    async embed(texts, { signal } = {}) {
      const turn = createTurns(signal);
      const tokens: number[][] = [];
      for (const text of texts) {
        await turn();
        tokens.push(encode(text));
      }
      const vectors = new Array<Float32Array>(texts.length);
      const batches = planBatches(
        tokens.map((ids) => ids.length),
        limits,
      );
      for (const batch of batches) {
        const release = await acquire(signal);
        const data = await runBatch(batch.map((i) => tokens[i]!)).finally(release);
        batch.forEach((i, row) => {
          vectors[i] = data.slice(row * shape.hidden, (row + 1) * shape.hidden);
        });
      }
      return vectors;
    },
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
}
