import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createWorkQueue } from '../../../src/surfaces/http/work-queue.js';

const { signal } = new AbortController();

test('tasks that never wait let the event loop turn between them', async () => {
  const queue = createWorkQueue({ concurrency: 2, waiting: 100 });
  let done = 0;
  const all = Array.from({ length: 50 }, () =>
    queue.run(async () => {
      const end = performance.now() + 2;
      while (performance.now() < end);
      done += 1;
    }, signal),
  );
  await nextTurn();
  await nextTurn();
  expect(done).toBeLessThan(10);
  await Promise.all(all);
  expect(done).toBe(50);
});

test('never more at work than there are places, and failures give theirs back', async () => {
  const queue = createWorkQueue({ concurrency: 3, waiting: 100 });
  let most = 0;
  const outcomes = await Promise.allSettled(
    Array.from({ length: 60 }, (_, index) =>
      queue.run(async () => {
        most = Math.max(most, queue.running);
        await nextTurn();
        if (index % 3 === 0) throw new Error('no');
        return index;
      }, signal),
    ),
  );
  expect(most).toBe(3);
  expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(20);
  expect(queue).toMatchObject({ running: 0, waiting: 0 });
});

test('who comes when it is full is told to come back', async () => {
  const queue = createWorkQueue({ concurrency: 1, waiting: 0 });
  let end = () => {};
  const gate = new Promise<void>((resolve) => {
    end = resolve;
  });
  const held = queue.run(() => gate, signal);
  await nextTurn();
  await expect(queue.run(async () => {}, signal)).rejects.toMatchObject({
    kind: 'overloaded',
    retryAfter: 1,
  });
  end();
  await held;
});
