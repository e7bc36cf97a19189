import { Writable } from 'node:stream';
import { expect, test, vi } from 'vitest';
import { progressDisplay } from '../../../src/surfaces/cli/progress-display.js';

/** A stream that keeps what is written, as a terminal or not. */
function stream(isTTY: boolean) {
  let text = '';
  const kept = new Writable({
    write(chunk, _encoding, done) {
      text += chunk;
      done();
    },
  });
  return {
    text: () => text,
    stream: Object.assign(kept, { isTTY, columns: 100 }) as unknown as NodeJS.WriteStream,
  };
}

const count = (text: string, part: string): number => text.split(part).length - 1;
const [hide, show] = ['\u001b[?25l', '\u001b[?25h'];

test('a bar that is stopped in the middle gives the cursor back, and the next stage gets its own line', () => {
  const seen = stream(true);
  const display = progressDisplay(seen.stream);
  display.onProgress({ stage: 'first', done: 1, total: 4 });
  display.onProgress({ stage: 'second', done: 3, total: 4 });
  expect(seen.text()).toMatch(/first .*25%.*\n.*second .*75%/s);
  expect(count(seen.text(), hide)).toBe(2);
  display.stop();
  expect(count(seen.text(), show)).toBe(2);
  display.stop();
  expect(count(seen.text(), show)).toBe(2);
});

test('a stage that reaches its end takes its bar away by itself, and one without an end shows no share', () => {
  const seen = stream(true);
  const display = progressDisplay(seen.stream);
  display.onProgress({ stage: 'queries', done: 2 });
  expect(seen.text()).toMatch(/queries +2/);
  expect(seen.text()).not.toContain('%');
  display.onProgress({ stage: 'done', done: 4, total: 4 });
  expect(count(seen.text(), show)).toBe(2);
});

test('without a terminal there is a line a stage, one when it ends, and one every ten seconds', () => {
  vi.useFakeTimers();
  try {
    const seen = stream(false);
    const { onProgress } = progressDisplay(seen.stream);
    for (const done of [1, 2, 3]) onProgress({ stage: 'a', done, total: 10 });
    vi.advanceTimersByTime(10_000);
    for (const done of [4, 5]) onProgress({ stage: 'a', done, total: 10 });
    onProgress({ stage: 'a', done: 10, total: 10 });
    onProgress({ stage: 'b', done: 2 ** 20, total: 2 ** 22, unit: 'bytes' });
    expect(seen.text()).toBe('a: 1/10\na: 4/10\na: 10/10\nb: 1/4 MiB\n');
  } finally {
    vi.useRealTimers();
  }
});
