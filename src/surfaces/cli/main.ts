#!/usr/bin/env node
import { progressDisplay } from './progress-display.js';
import { runCli } from './run-cli.js';

const stop = new AbortController();
const display = progressDisplay(process.stderr);
let signals = 0;
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    signals += 1;
    display.stop();
    if (signals > 1) process.exit(3); // A second Ctrl-C does not wait; the ledger survives that.
    process.stderr.write('Stopping … (again to stop at once)\n');
    stop.abort();
  });
}
// A reader that has left (| head) is no failure, and no reason to leave the work undone.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', ({ code }: NodeJS.ErrnoException) => {
    if (code !== 'EPIPE') process.exit(1);
  });
}

const code = await runCli(process.argv.slice(2), {
  signal: stop.signal,
  onProgress: display.onProgress,
  stdout: (text) => {
    display.stop();
    process.stdout.write(text);
  },
  stderr: (text) => {
    display.stop();
    process.stderr.write(text);
  },
});
display.stop();
// Native threads may keep the loop alive; what matters is flushed before.
process.stdout.write('', () => process.exit(code));
