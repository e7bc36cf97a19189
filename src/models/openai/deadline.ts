import { RankforgeError } from '../../core/errors.js';
import { onAbort } from '../../core/wait.js';

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
  let timer: NodeJS.Timeout | undefined;
  let leave = () => {};
  try {
    return await new Promise<T>((resolve, reject) => {
      const stop = (reason: unknown) => {
        controller.abort(reason);
        reject(reason);
      };
      leave = onAbort(signal, () => stop(signal?.reason));
      timer = setTimeout(() => stop(tooLate(timeoutMs, where)), timeoutMs);
      work(controller.signal).then(resolve, reject);
    });
  } finally {
    clearTimeout(timer);
    leave();
  }
}

const tooLate = (timeoutMs: number, where: string): RankforgeError =>
  new RankforgeError('timeout', `No answer within ${timeoutMs / 1000} s`, {
    where,
    hint: 'Raise the timeout, or send less at a time.',
    retryable: true,
  });
