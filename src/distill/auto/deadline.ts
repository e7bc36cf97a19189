import type { JobOptions, Progress } from '../../core/progress.js';

/** A job that stops when its time is up. */
export interface Deadline extends JobOptions, Disposable {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
  /** Whether it was the time that stopped it, and not whoever started it. */
  readonly expired: () => boolean;
}

/**
 * A signal that is aborted after so many seconds, or with the one given. Training holds the thread, so that no timer goes off
 * while it lasts: the clock is looked at whenever there is progress too.
 */
export function createDeadline(seconds: number, { signal, onProgress }: JobOptions): Deadline {
  const controller = new AbortController();
  const ends = performance.now() + seconds * 1000;
  const stop = (): void => controller.abort(new DOMException('The time is up', 'TimeoutError'));
  // Longer ones overflow a timer, which then goes off at once.
  const timer = seconds * 1000 < 2 ** 31 ? setTimeout(stop, Math.max(0, seconds * 1000)) : undefined;
  const follow = (): void => controller.abort(signal?.reason);
  if (signal?.aborted) follow();
  signal?.addEventListener('abort', follow, { once: true });
  return {
    signal: controller.signal,
    onProgress(progress) {
      if (performance.now() >= ends) stop();
      onProgress?.(progress);
    },
    expired: () => controller.signal.aborted && !signal?.aborted,
    [Symbol.dispose]() {
      clearTimeout(timer);
      signal?.removeEventListener('abort', follow);
    },
  };
}
