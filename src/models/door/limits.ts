import pRetry from 'p-retry';
import { RankforgeError } from '../../core/errors.js';
import { createRateWindow } from './rate-window.js';
import { createSemaphore } from './semaphore.js';
import { wait } from './wait.js';

export interface LimitsOptions {
  /** Calls at a time. @default no limit */
  readonly concurrency?: number;
  /** @default no limit */
  readonly requestsPerMinute?: number;
  /** Prompt and reply together, estimated before a call and corrected after it. @default no limit */
  readonly tokensPerMinute?: number;
  /** Tries after the first, for retryable errors only. @default 4 */
  readonly retries?: number;
  /** Wait before the first retry, in milliseconds; doubles each time, times a random factor between 1 and 2. @default 500 */
  readonly minRetryMs?: number;
  /** The longest `Retry-After` that is waited for, in milliseconds; a longer one is the error itself. @default 120000 */
  readonly maxRetryAfterMs?: number;
}

export interface LimitedCall<T> {
  readonly signal?: AbortSignal;
  /** Estimated tokens, prompt and reply. */
  readonly tokens?: number;
  /** Tokens it really took. */
  readonly usedTokens?: (value: T) => number;
}

/** The pace of one server: share it between all that call it, and never call it from inside itself. */
export interface Limits {
  /** Whether calls should bring an estimate of their tokens. */
  readonly countsTokens: boolean;
  /**
   * Runs work when its turn comes, again after a retryable failure. A server's `Retry-After` holds all calls back.
   * @throws RankforgeError the last failure, or the signal's reason while waiting
   */
  run<T>(work: () => Promise<T>, call?: LimitedCall<T>): Promise<T>;
}

/** Concurrency, requests and tokens per minute, and retries with back-off in front of one server. */
export function createLimits(options: LimitsOptions = {}): Limits {
  const { concurrency, requestsPerMinute, tokensPerMinute, retries = 4 } = options;
  const { minRetryMs = 500, maxRetryAfterMs = 120_000 } = options;
  const acquire = concurrency === undefined ? undefined : createSemaphore(concurrency);
  const requests = requestsPerMinute === undefined ? undefined : createRateWindow(requestsPerMinute);
  const tokenWindow = tokensPerMinute === undefined ? undefined : createRateWindow(tokensPerMinute);
  let heldUntil = 0;

  async function attempt<T>(
    work: () => Promise<T>,
    { signal, tokens = 0, usedTokens }: LimitedCall<T>,
  ): Promise<T> {
    // A loop: the server may ask for more time while this call waits.
    while (heldUntil > Date.now()) await wait(heldUntil - Date.now(), signal);
    const release = await acquire?.(signal);
    try {
      await requests?.take(1, signal);
      const taken = await tokenWindow?.take(tokens, signal);
      const value = await work();
      if (usedTokens) taken?.correct(usedTokens(value));
      return value;
    } finally {
      release?.();
    }
  }

  return {
    countsTokens: tokenWindow !== undefined,
    run: (work, call = {}) =>
      pRetry(() => attempt(work, call), {
        retries,
        minTimeout: minRetryMs,
        maxTimeout: 60_000,
        randomize: true,
        ...(call.signal ? { signal: call.signal } : {}),
        shouldRetry: ({ error }) => {
          if (!(error instanceof RankforgeError) || !error.retryable) return false;
          const askedMs = error.retryAfterMs ?? 0;
          if (askedMs > maxRetryAfterMs) return false;
          if (askedMs > 0) heldUntil = Math.max(heldUntil, Date.now() + askedMs);
          return true;
        },
      }),
  };
}
