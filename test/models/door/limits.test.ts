import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { RankforgeError } from '../../../src/core/errors.js';
import { createLimits } from '../../../src/models/door/limits.js';
import { createRateWindow } from '../../../src/models/door/rate-window.js';

const failing = (details: { retryable: boolean; retryAfterMs?: number }) =>
  new RankforgeError('server-error', 'no', { hint: 'Wait.', ...details });

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('concurrency', () => {
  test('no more calls than slots at a time, in order', async () => {
    const limits = createLimits({ concurrency: 3 });
    let running = 0;
    let most = 0;
    const order: number[] = [];
    const calls = Array.from({ length: 10 }, (_, index) =>
      limits.run(async () => {
        order.push(index);
        most = Math.max(most, ++running);
        await new Promise((resolve) => setTimeout(resolve, 10));
        running -= 1;
      }),
    );
    await vi.runAllTimersAsync();
    await Promise.all(calls);
    expect(most).toBe(3);
    expect(order).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test('a failed call frees its slot', async () => {
    const limits = createLimits({ concurrency: 1, retries: 0 });
    await expect(limits.run(() => Promise.reject(failing({ retryable: true })))).rejects.toThrow('no');
    await expect(limits.run(async () => 'yes')).resolves.toBe('yes');
  });
});

describe('retries', () => {
  test('only for retryable errors, at most as many as asked', async () => {
    const limits = createLimits({ retries: 2 });
    const flaky = vi.fn(() => Promise.reject(failing({ retryable: true })));
    const broken = vi.fn(() => Promise.reject(failing({ retryable: false })));
    const foreign = vi.fn(() => Promise.reject(new Error('bug')));
    const outcomes = Promise.allSettled([flaky, broken, foreign].map((work) => limits.run(work)));
    await vi.runAllTimersAsync();
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect([flaky, broken, foreign].map((work) => work.mock.calls.length)).toEqual([3, 1, 1]);
  });

  test('Retry-After holds back the call and every other one', async () => {
    const limits = createLimits();
    const started = Date.now();
    const at: number[] = [];
    const work = async () => {
      at.push(Date.now() - started);
      if (at.length === 1) throw failing({ retryable: true, retryAfterMs: 7000 });
    };
    const first = limits.run(work);
    await vi.advanceTimersByTimeAsync(100);
    const second = limits.run(work);
    await vi.runAllTimersAsync();
    await Promise.all([first, second]);
    expect(at).toHaveLength(3);
    expect(Math.min(...at.slice(1))).toBeGreaterThanOrEqual(7000);
    expect(Math.max(...at)).toBeLessThan(9000);
  });

  test('Retry-After holds back those that wait for a slot or for room, too', async () => {
    for (const options of [{ concurrency: 1 }, { concurrency: 4, requestsPerMinute: 1 }]) {
      const limits = createLimits(options);
      const started = Date.now();
      const at: number[] = [];
      const work = async () => {
        at.push(Date.now() - started);
        if (at.length === 1) throw failing({ retryable: true, retryAfterMs: 90_000 });
      };
      const calls = [1, 2, 3].map(() => limits.run(work));
      await vi.runAllTimersAsync();
      await Promise.all(calls);
      expect(at).toHaveLength(4);
      expect(at[0]).toBe(0);
      expect(Math.min(...at.slice(1))).toBeGreaterThanOrEqual(90_000);
    }
  });

  test('a Retry-After longer than allowed is the error itself', async () => {
    const limits = createLimits({ maxRetryAfterMs: 1000 });
    await expect(
      limits.run(() => Promise.reject(failing({ retryable: true, retryAfterMs: 60_000 }))),
    ).rejects.toMatchObject({
      retryAfterMs: 60_000,
    });
  });
});

describe('per minute', () => {
  test('at most so many requests in any 60 seconds', async () => {
    const limits = createLimits({ requestsPerMinute: 5 });
    const at: number[] = [];
    const calls = Array.from({ length: 12 }, () => limits.run(async () => void at.push(Date.now())));
    await vi.runAllTimersAsync();
    await Promise.all(calls);
    expect(at).toHaveLength(12);
    for (const [index, time] of at.entries()) {
      expect(at.filter((other) => other > time - 60_000 && other <= time).length).toBeLessThanOrEqual(5);
      if (index >= 5) expect(time - at[index - 5]!).toBeLessThanOrEqual(60_100);
    }
  });

  test('tokens are corrected to what a call really took', async () => {
    const limits = createLimits({ tokensPerMinute: 1000 });
    const started = Date.now();
    const ends: number[] = [];
    for (let i = 0; i < 4; i++) {
      const call = limits.run(async () => 100, { tokens: 900, usedTokens: (used) => used });
      await vi.advanceTimersByTimeAsync(0);
      if (i === 2) await vi.advanceTimersByTimeAsync(60_200);
      await call;
      ends.push(Date.now() - started);
    }
    // 900 + corrections of 100 fit twice; the third and fourth wait for room.
    expect(ends[0]).toBe(0);
    expect(ends[1]).toBe(0);
    expect(ends[2]).toBeGreaterThanOrEqual(60_000);
  });

  test('an amount above the whole limit waits for an empty window and then goes', async () => {
    const window = createRateWindow(10);
    await window.take(5);
    const large = window.take(50);
    await vi.advanceTimersByTimeAsync(60_200);
    await expect(large).resolves.toBeDefined();
  });
});

test.each([{ concurrency: 0 }, { requestsPerMinute: -1 }, { tokensPerMinute: Number.NaN }])(
  '%o would let nothing through, and is refused',
  (options) => {
    expect(() => createLimits(options)).toThrow(expect.objectContaining({ code: 'usage' }));
  },
);

describe('an abort wakes every wait and leaves no listener', () => {
  const blocked = {
    'a slot': () => {
      const limits = createLimits({ concurrency: 1 });
      void limits.run(() => new Promise(() => {}));
      return limits;
    },
    'the requests of a minute': () => {
      const limits = createLimits({ requestsPerMinute: 1 });
      void limits.run(async () => {});
      return limits;
    },
    'the tokens of a minute': () => {
      const limits = createLimits({ tokensPerMinute: 5 });
      void limits.run(async () => {}, { tokens: 5 });
      return limits;
    },
    'the time a server asked for': () => {
      const limits = createLimits();
      limits.run(() => Promise.reject(failing({ retryable: true, retryAfterMs: 90_000 }))).catch(() => {});
      return limits;
    },
  };
  test.each(Object.entries(blocked))('waiting for %s', async (_, block) => {
    const limits = block();
    await vi.advanceTimersByTimeAsync(0);
    const controller = new AbortController();
    const work = vi.fn(async () => 'late');
    const waiting = Promise.allSettled(
      [1, 2, 3].map(() => limits.run(work, { tokens: 5, signal: controller.signal })),
    );
    await vi.advanceTimersByTimeAsync(10);
    const reason = new Error('enough');
    controller.abort(reason);
    expect(await waiting).toEqual([1, 2, 3].map(() => ({ status: 'rejected', reason })));
    expect(work).not.toHaveBeenCalled();
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  test('between retries', async () => {
    const controller = new AbortController();
    const limits = createLimits({ minRetryMs: 10_000 });
    const call = limits.run(() => Promise.reject(failing({ retryable: true })), {
      signal: controller.signal,
    });
    const outcome = expect(call).rejects.toThrow('enough');
    await vi.advanceTimersByTimeAsync(5);
    controller.abort(new Error('enough'));
    await outcome;
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  test('a call that succeeds leaves no listener either', async () => {
    const { signal } = new AbortController();
    const limits = createLimits({ concurrency: 1, requestsPerMinute: 100, tokensPerMinute: 100 });
    await Promise.all([1, 2, 3].map(() => limits.run(async () => {}, { signal, tokens: 1 })));
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});
