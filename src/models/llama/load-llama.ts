import type { Llama } from 'node-llama-cpp';
import { RankforgeError } from '../../core/errors.js';
import type { GpuChoice } from './llama-options.js';

export type LlamaPackage = typeof import('node-llama-cpp');

/** node-llama-cpp, loaded on demand. @throws RankforgeError `missing-package` */
export async function importLlama(): Promise<LlamaPackage> {
  try {
    return await import('node-llama-cpp');
  } catch (cause) {
    throw new RankforgeError('missing-package', 'Local models need the package node-llama-cpp', {
      hint: 'Run: npm install node-llama-cpp',
      cause,
    });
  }
}

const instances = new Map<GpuChoice, Promise<Llama>>();

/**
 * llama.cpp's backend, one a process and GPU choice. Prebuilt binaries only: nothing is compiled or downloaded, and
 * nothing is logged.
 * @throws RankforgeError `missing-package`
 */
export async function startLlama(gpu: GpuChoice): Promise<Llama> {
  const { getLlama, LlamaLogLevel } = await importLlama();
  const options = {
    build: 'never',
    skipDownload: true,
    progressLogs: false,
    logLevel: LlamaLogLevel.disabled,
    logger: () => undefined,
    // Contexts state their threads themselves.
    maxThreads: 0,
  } as const;
  const known = instances.get(gpu);
  if (known) return known;
  const started = getLlama({ gpu, ...options })
    .catch((error: unknown) => {
      if (gpu === false) throw error;
      return getLlama({ gpu: false, ...options });
    })
    .catch((cause: unknown) => {
      instances.delete(gpu);
      throw new RankforgeError('missing-package', 'node-llama-cpp has no binary for this machine', {
        hint: 'Install node-llama-cpp again with optional dependencies, or use a served model (openai:…).',
        cause,
      });
    });
  instances.set(gpu, started);
  return started;
}
