import type { Weights } from '../weights/resolve.js';

/** Where a model runs: on a GPU when there is one and its binaries are installed, or on the processor. */
export type GpuChoice = 'auto' | false;

// Apart from what loads the model: these types are the package's own, and those of node-llama-cpp are optional.
export interface LlamaOptions {
  readonly weights: Pick<Weights, 'id' | 'path' | 'sha256'>;
  /** Tokens, prompt and reply together; never more than the model was trained for. @default 8192 */
  readonly contextSize?: number;
  /** Threads of an evaluation on the processor. @default its physical cores */
  readonly threads?: number;
  /** `'auto'` uses a GPU whose binaries are installed, and the processor where there is none. @default 'auto' */
  readonly gpu?: GpuChoice;
  /** Bytes of memory that may be used; `Infinity` turns the check off. @default what is free */
  readonly memory?: number;
  readonly signal?: AbortSignal;
}
