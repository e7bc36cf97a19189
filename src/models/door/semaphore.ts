import { onAbort } from '../../core/wait.js';

/** Gives back a slot. Calling it again does nothing. */
export type Release = () => void;

/**
 * At most `slots` holders at a time, first come first served. Unlike p-limit, a waiter that is aborted leaves the
 * queue at once, and what runs is left to end by itself.
 * @returns acquire: resolves with the slot's release, or rejects with the signal's reason
 */
export function createSemaphore(slots: number): (signal?: AbortSignal) => Promise<Release> {
  let free = slots;
  const waiting = new Set<() => void>();

  const release = (): Release => {
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const [next] = waiting;
      if (next) {
        waiting.delete(next);
        next();
      } else free += 1;
    };
  };

  return (signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      if (free > 0) {
        free -= 1;
        return resolve(release());
      }
      const admit = () => {
        leave();
        resolve(release());
      };
      const leave = onAbort(signal, () => {
        waiting.delete(admit);
        reject(signal?.reason);
      });
      waiting.add(admit);
    });
}
