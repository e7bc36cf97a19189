import { RankforgeError } from '../../core/errors.js';

/** Bytes beside the weights that the smallest context and its buffers take. */
const margin = 64 * 2 ** 20;

/** What this machine can still give, its container's limit included. */
export const freeMemory = (): number => process.availableMemory();

/**
 * Refuses a model that would not fit, before anything is loaded: the system would kill the process, or swap for hours.
 * @param size bytes of the weights file @param memory bytes that may be used
 * @throws RankforgeError `out-of-memory`
 */
export function checkMemory(size: number, memory: number, where: string): void {
  if (size + margin <= memory) return;
  throw outOfMemory(`${where} needs ${gib(size + margin)} of memory and ${gib(memory)} are free`, where);
}

export const outOfMemory = (message: string, where: string, cause?: unknown): RankforgeError =>
  new RankforgeError('out-of-memory', message, {
    where,
    hint: 'Close other programs, or use a smaller model or context, or a served model (openai:…).',
    cause,
  });

const gib = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(2)} GiB`;
