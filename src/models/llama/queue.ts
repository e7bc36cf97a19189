import pLimit from 'p-limit';

/**
 * Runs tasks one after the other: a sequence of llama.cpp does one thing at a time. An aborted call returns at once,
 * also while it waits; a task that was running ends by itself, and only then the next one starts.
 */
export class Queue {
  readonly #limit = pLimit(1);

  async run<T>(task: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    const done = this.#limit(() => {
      signal?.throwIfAborted();
      return task();
    });
    if (!signal) return done;
    return new Promise<T>((resolve, reject) => {
      const stop = () => reject(signal.reason);
      signal.addEventListener('abort', stop, { once: true });
      done.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
    });
  }
}
