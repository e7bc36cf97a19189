import { open } from 'node:fs/promises';
import type { LlamaContext, LlamaModel as NativeModel } from 'node-llama-cpp';
import { fromFileError, RankforgeError } from '../../core/errors.js';
import type { LlamaOptions } from './llama-options.js';
import { importLlama, type LlamaPackage, startLlama } from './load-llama.js';
import { checkMemory, freeMemory, outOfMemory } from './memory.js';

/** A model in memory, with the one context that its calls share. */
export interface LoadedModel {
  readonly native: LlamaPackage;
  readonly model: NativeModel;
  readonly context: LlamaContext;
  /** Tokens, prompt and reply together. */
  readonly contextSize: number;
  readonly threads: number;
}

const defaultContextSize = 8192;

/**
 * Loads a GGUF file and makes its context.
 * @param batchSize the most tokens of one evaluation
 * @throws RankforgeError `missing-package`, `missing-file`, `bad-weights`, `out-of-memory` (before loading); the signal's reason
 */
export async function loadModel(options: LlamaOptions, batchSize: number): Promise<LoadedModel> {
  const { weights, signal, gpu = 'auto' } = options;
  signal?.throwIfAborted();
  const size = await checkFile(weights.path);
  const llama = await startLlama(gpu);
  const native = await importLlama();
  // With a GPU, node-llama-cpp divides the layers between both memories and checks them.
  if (llama.gpu === false) checkMemory(size, options.memory ?? freeMemory(), weights.id);
  const ignoreMemorySafetyChecks = options.memory !== undefined;
  const threads = options.threads ?? llama.cpuMathCores;
  let model: NativeModel | undefined;
  try {
    model = await llama.loadModel({
      modelPath: weights.path,
      ignoreMemorySafetyChecks,
      gpuLayers: llama.gpu === false ? 0 : undefined,
      loadSignal: signal,
    });
    const contextSize = Math.min(options.contextSize ?? defaultContextSize, model.trainContextSize - 1);
    const context = await model.createContext({
      // One cell stays free: node-llama-cpp shifts the context when the last one is reached.
      contextSize: contextSize + 1,
      batchSize,
      threads,
      failedCreationRemedy: false,
      ignoreMemorySafetyChecks,
      createSignal: signal,
    });
    return { native, model, context, contextSize, threads };
  } catch (error) {
    await model?.dispose();
    signal?.throwIfAborted();
    if (error instanceof native.InsufficientMemoryError)
      throw outOfMemory(`${weights.id} does not fit into memory: ${error.message}`, weights.id, error);
    throw new RankforgeError(
      'bad-weights',
      `${weights.id} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`,
      {
        where: weights.path,
        hint: 'The file is no GGUF that this version of llama.cpp reads, or it is damaged: fetch it again.',
        cause: error,
      },
    );
  }
}

/** The size of a file that begins as a GGUF does. node-llama-cpp warns on the console about what does not. */
async function checkFile(path: string): Promise<number> {
  try {
    const file = await open(path);
    try {
      const { buffer } = await file.read(Buffer.alloc(8), 0, 8, 0);
      if (buffer.toString('latin1', 0, 4) === 'GGUF' && [2, 3].includes(buffer.readUInt32LE(4))) {
        return (await file.stat()).size;
      }
    } finally {
      await file.close();
    }
  } catch (error) {
    throw fromFileError(error, path);
  }
  throw new RankforgeError('bad-weights', `${path} is no GGUF file of version 2 or 3`, {
    where: path,
    hint: 'Name a .gguf file; fetch it again if it should be one.',
  });
}
