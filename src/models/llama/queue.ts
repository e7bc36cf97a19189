import pLimit from 'p-limit';
import { untilAborted } from '../../core/wait.js';

/**
 * Runs tasks one after the other: a sequence of llama.cpp does one thing at a time. An aborted call returns at once,
 * also while it waits; a task that was running ends by itself, and only then the next one starts.
 */
export class Queue {
  readonly #limit = pLimit(1);

  run<T>(task: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const done = this.#limit(() => {
      signal?.throwIfAborted();
      return task();
    });
    return untilAborted(done, signal);
  }
}
