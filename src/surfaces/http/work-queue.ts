import { setImmediate as nextTurn } from 'node:timers/promises';
import { createSemaphore } from '../../models/door/semaphore.js';
import { Problem } from './problem.js';

/** Milliseconds that tasks may follow each other without a turn of the event loop. */
const turnMs = 5;

export interface WorkQueue {
  readonly running: number;
  readonly waiting: number;
  /** For callers with work to do before `run`, such as reading a body. @throws Problem `overloaded` when too many wait */
  checkRoom(): void;
  /**
   * Runs a task when its turn comes. An aborted caller is told at once; the place that its task holds is free when the
   * task has ended, so there are never more at work than there are places.
   * @throws Problem `overloaded` when too many wait; the signal's reason; what the task throws
   */
  run<T>(task: () => Promise<T>, signal: AbortSignal): Promise<T>;
}

/** A bounded queue: so many at work, so many waiting, and who comes then is sent away with a time to come back. */
export function createWorkQueue({
  concurrency,
  waiting: most,
}: {
  concurrency: number;
  waiting: number;
}): WorkQueue {
  const acquire = createSemaphore(concurrency);
  let running = 0;
  let waiting = 0;
  // Seconds a task takes, a running mean in which the newest weighs a fifth.
  let taskSeconds = 1;

  let turnEnds = 0;
  // A student scores without ever waiting: after each few milliseconds others are read, answered and seen to leave.
  const letOthersIn = async (): Promise<void> => {
    if (performance.now() < turnEnds) return;
    await nextTurn();
    turnEnds = performance.now() + turnMs;
  };

  const retryAfter = (): number =>
    Math.min(60, Math.max(1, Math.ceil((taskSeconds * (waiting + 1)) / concurrency)));

  const checkRoom = (): void => {
    if (running + waiting < concurrency + most) return;
    throw new Problem('overloaded', 'Too many requests wait already', { retryAfter: retryAfter() });
  };

  return {
    checkRoom,
    get running() {
      return running;
    },
    get waiting() {
      return waiting;
    },
    async run(task, signal) {
      checkRoom();
      waiting += 1;
      const release = await acquire(signal).finally(() => {
        waiting -= 1;
      });
      running += 1;
      const started = performance.now();
      const work = (async () => {
        await letOthersIn();
        signal.throwIfAborted();
        return task();
      })().finally(() => {
        running -= 1;
        taskSeconds += ((performance.now() - started) / 1000 - taskSeconds) / 5;
        release();
      });
      return untilAborted(work, signal);
    },
  };
}

/** The promise's outcome, or the signal's reason where that comes first. */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
