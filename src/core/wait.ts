import { setMaxListeners } from 'node:events';

/** Signals that were told so: telling takes longer than looking up. */
const unlimited = new WeakSet<AbortSignal>();

/**
 * Calls a listener when the signal aborts, until the returned function is called. Many calls share one signal, each
 * taking its listener away again, which is no leak for Node to warn of.
 */
export function onAbort(signal: AbortSignal | undefined, listener: () => void): () => void {
  if (!signal) return () => {};
  if (!unlimited.has(signal)) {
    setMaxListeners(0, signal);
    unlimited.add(signal);
  }
  signal.addEventListener('abort', listener, { once: true });
  return () => signal.removeEventListener('abort', listener);
}

/**
 * Waits, or rejects with the signal's reason as soon as it aborts. Its listener and timer never outlive it.
 * @param ms milliseconds; 0 or less does not wait
 */
export function wait(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    if (ms <= 0) return resolve();
    const leave = onAbort(signal, () => {
      clearTimeout(timer);
      reject(signal?.reason);
    });
    const timer = setTimeout(() => {
      leave();
      resolve();
    }, ms);
  });
}

/** The work's outcome, or the signal's reason as soon as it aborts; the work itself goes on. */
export function untilAborted<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    const leave = onAbort(signal, () => reject(signal.reason));
    work.then(resolve, reject).finally(leave);
  });
}
