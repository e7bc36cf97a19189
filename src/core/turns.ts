import { setImmediate as nextTurn } from 'node:timers/promises';

/** Milliseconds of work after which others are let in. */
const turnMs = 10;

/**
 * For long work that never waits: called between its pieces, it lets the event loop turn every few milliseconds, so that
 * timers, requests and aborts are seen, and then looks at the signal.
 * @throws the signal's reason, from what it gives
 */
export function createTurns(signal?: AbortSignal): () => Promise<void> {
  let ends = performance.now() + turnMs;
  return async () => {
    if (performance.now() < ends) return;
    await nextTurn();
    signal?.throwIfAborted();
    ends = performance.now() + turnMs;
  };
}
