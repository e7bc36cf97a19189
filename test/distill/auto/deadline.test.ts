import { expect, test } from 'vitest';
import { createDeadline } from '../../../src/distill/auto/deadline.js';
import { trainStudent } from '../../../src/distill/train-student.js';
import { syntheticLists, syntheticSet } from '../synthetic-lists.js';

const train = (job: Parameters<typeof createDeadline>[1]) =>
  trainStudent(syntheticLists(12), {
    kind: 'linear',
    features: syntheticSet,
    labels: 'scores',
    seed: 1,
    ...job,
  });

test('time that is up stops training', async () => {
  using deadline = createDeadline(0, {});
  await expect(train(deadline)).rejects.toThrow(expect.objectContaining({ name: 'TimeoutError' }));
  expect(deadline.expired()).toBe(true);
});

test('with time left it is trained as without a limit', async () => {
  using deadline = createDeadline(3600, {});
  expect(await train(deadline)).toEqual(await train({}));
  expect(deadline.expired()).toBe(false);
});

test('who started the job may stop it, which is no lack of time', async () => {
  const controller = new AbortController();
  using deadline = createDeadline(3600, { signal: controller.signal });
  controller.abort(new Error('stopped'));
  await expect(train(deadline)).rejects.toThrow('stopped');
  expect(deadline.expired()).toBe(false);
  using late = createDeadline(3600, { signal: controller.signal });
  expect(late.signal.aborted).toBe(true);
});

test('progress is passed on', async () => {
  const seen: string[] = [];
  using deadline = createDeadline(1e9, { onProgress: ({ stage }) => seen.push(stage) });
  await train(deadline);
  expect(new Set(seen)).toEqual(new Set(['train linear']));
});
