import pRetry from 'p-retry';
import { RankforgeError } from '../../core/errors.js';
import { wait } from '../../core/wait.js';
import { createRateWindow, type Taken } from './rate-window.js';
import { createSemaphore } from './semaphore.js';

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

/**
 * Concurrency, requests and tokens per minute, and retries with back-off in front of one server.
 * @throws RankforgeError `usage` for a limit below 1
 */
export function createLimits(options: LimitsOptions = {}): Limits {
  const { concurrency, requestsPerMinute, tokensPerMinute, retries = 4 } = options;
  const { minRetryMs = 500, maxRetryAfterMs = 120_000 } = options;
  for (const [name, limit] of Object.entries({ concurrency, requestsPerMinute, tokensPerMinute })) {
    if (limit === undefined || limit >= 1) continue;
    throw new RankforgeError('usage', `${name} is ${limit}: no call could ever be made`, {
      where: name,
      hint: 'Give 1 or more, or leave it out for no limit.',
    });
  }
  const acquire = concurrency === undefined ? undefined : createSemaphore(concurrency);
  const requests = requestsPerMinute === undefined ? undefined : createRateWindow(requestsPerMinute);
  const tokenWindow = tokensPerMinute === undefined ? undefined : createRateWindow(tokensPerMinute);
  const gate = createSemaphore(1);
  let heldUntil = 0;

  const mayRetry = (error: unknown): error is RankforgeError =>
    error instanceof RankforgeError && error.retryable && (error.retryAfterMs ?? 0) <= maxRetryAfterMs;

  /** One call at a time passes, so that a server's `Retry-After` finds all the others still in front of the windows. */
  async function pass(tokens: number, signal?: AbortSignal): Promise<Taken | undefined> {
    if (!requests && !tokenWindow && heldUntil <= Date.now()) return undefined;
    const leave = await gate(signal);
    try {
      await requests?.take(1, signal);
      const taken = await tokenWindow?.take(tokens, signal);
      // A loop: the server may ask for more time while this call waits.
      while (heldUntil > Date.now()) await wait(heldUntil - Date.now(), signal);
      return taken;
    } finally {
      leave();
    }
  }

  async function attempt<T>(
    work: () => Promise<T>,
    { signal, tokens = 0, usedTokens }: LimitedCall<T>,
  ): Promise<T> {
    const release = await acquire?.(signal);
    try {
      const taken = await pass(tokens, signal);
      const value = await work();
      if (usedTokens) taken?.correct(usedTokens(value));
      return value;
    } catch (error) {
      // Before the slot is given back, or the next call would run into the same refusal.
      if (mayRetry(error)) heldUntil = Math.max(heldUntil, Date.now() + (error.retryAfterMs ?? 0));
      throw error;
    } finally {
      release?.();
    }
  }

  /** Goes on after a first failure, as most calls have none. */
  async function tryAgain<T>(failure: unknown, again: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    let first = true;
    const next = async (): Promise<T> => {
      if (!first) return again();
      first = false;
      throw failure;
    };
    try {
      return await pRetry(next, {
        retries,
        minTimeout: minRetryMs,
        maxTimeout: 60_000,
        randomize: true,
        signal,
        shouldRetry: ({ error }) => mayRetry(error),
      });
    } catch (error) {
      throw error instanceof RankforgeError ? error.with({ retried: true }) : error;
    }
  }

  return {
    countsTokens: tokenWindow !== undefined,
    async run(work, call = {}) {
      try {
        return await attempt(work, call);
      } catch (error) {
        return tryAgain(error, () => attempt(work, call), call.signal);
      }
    },
  };
}
