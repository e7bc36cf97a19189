import { RankforgeError } from '../../core/errors.js';
import { onAbort } from '../../core/wait.js';

export interface DeadlineOptions {
  readonly signal?: AbortSignal;
  readonly timeoutMs: number;
  readonly where: string;
}

/** Told once by the work: what to call, with the reason, when it must stop. */
export type OnStop = (stop: (reason: unknown) => void) => void;

/**
 * Runs work until the caller aborts or a time is over, whichever is first, and does not wait for work that ignores it.
 * The caller's signal keeps no listener afterwards.
 * @throws the caller's abort reason, RankforgeError `timeout`, or the work's error
 */
export async function untilDeadline<T>(
  work: (onStop: OnStop) => Promise<T>,
  { signal, timeoutMs, where }: DeadlineOptions,
): Promise<T> {
  signal?.throwIfAborted();
  let timer: NodeJS.Timeout | undefined;
  let leave = () => {};
  try {
    return await new Promise<T>((resolve, reject) => {
      let stopWork = (_reason: unknown) => {};
      const stop = (reason: unknown) => {
        stopWork(reason);
        reject(reason);
      };
      leave = onAbort(signal, () => stop(signal?.reason));
      timer = setTimeout(() => stop(tooLate(timeoutMs, where)), timeoutMs);
      work((how) => {
        stopWork = how;
      }).then(resolve, reject);
    });
  } finally {
    clearTimeout(timer);
    leave();
  }
}

/** The same for work that takes a signal: one of its own, whatever a client library leaves on the one it was given. */
export const withDeadline = <T>(
  work: (signal: AbortSignal) => Promise<T>,
  options: DeadlineOptions,
): Promise<T> =>
  untilDeadline((onStop) => {
    const controller = new AbortController();
    onStop((reason) => controller.abort(reason));
    return work(controller.signal);
  }, options);

const tooLate = (timeoutMs: number, where: string): RankforgeError =>
  new RankforgeError('timeout', `No answer within ${timeoutMs / 1000} s`, {
    where,
    hint: 'Raise the timeout, or send less at a time.',
    retryable: true,
  });
