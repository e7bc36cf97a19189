import { expect, test } from 'vitest';
import { createTurns } from '../../src/core/turns.js';

/** So many pieces of 2 ms that never wait by themselves. */
async function work(pieces: number, signal?: AbortSignal, onPiece = () => {}): Promise<void> {
  const turn = createTurns(signal);
  for (let piece = 0; piece < pieces; piece++) {
    await turn();
    const end = performance.now() + 2;
    while (performance.now() < end);
    onPiece();
  }
}

test('an abort by a timer ends work that never waits', async () => {
  const reason = new Error('enough');
  const control = new AbortController();
  setTimeout(() => control.abort(reason), 20);
  let done = 0;
  await expect(
    work(500, control.signal, () => {
      done += 1;
    }),
  ).rejects.toBe(reason);
  expect(done).toBeLessThan(250);
});

test('others have their turn meanwhile', async () => {
  let turns = 0;
  const timer = setInterval(() => {
    turns += 1;
  }, 1);
  await work(100);
  clearInterval(timer);
  expect(turns).toBeGreaterThan(5);
});
