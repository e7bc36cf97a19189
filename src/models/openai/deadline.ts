import { RankforgeError } from '../../core/errors.js';
import { onAbort, untilAborted } from '../../core/wait.js';

export interface DeadlineOptions {
  readonly signal?: AbortSignal;
  readonly timeoutMs: number;
  readonly where: string;
}

/**
 * Runs work with a signal that aborts with the caller's or after a time, whichever is first, and does not wait for work
 * that ignores it. The caller's signal keeps no listener afterwards, whatever a client library leaves on the one it was given.
 * @throws the caller's abort reason, RankforgeError `timeout`, or the work's error
 */
export async function withDeadline<T>(
  work: (signal: AbortSignal) => Promise<T>,
  { signal, timeoutMs, where }: DeadlineOptions,
): Promise<T> {
  signal?.throwIfAborted();
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort('timeout'), timeoutMs);
  const leave = onAbort(signal, () => controller.abort(signal?.reason));
  try {
    return await untilAborted(work(controller.signal), controller.signal);
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    if (!controller.signal.aborted) throw error;
    throw new RankforgeError('timeout', `No answer within ${timeoutMs / 1000} s`, {
      where,
      hint: 'Raise the timeout, or send less at a time.',
      retryable: true,
    });
  } finally {
    clearTimeout(timer);
    leave();
  }
}
