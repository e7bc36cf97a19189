#!/usr/bin/env node
import type { ProgressDisplay } from './progress-display.js';

// All else is loaded below: until a signal has its listener, Ctrl-C ends the process without a word.
const stop = new AbortController();
let display: ProgressDisplay | undefined;
let signals = 0;
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    signals += 1;
    display?.stop();
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

const [{ progressDisplay }, { runCli }] = await Promise.all([
  import('./progress-display.js'),
  import('./run-cli.js'),
]);
const shown = progressDisplay(process.stderr);
display = shown;
const code = await runCli(process.argv.slice(2), {
  signal: stop.signal,
  onProgress: shown.onProgress,
  stdout: (text) => {
    shown.stop();
    process.stdout.write(text);
  },
  stderr: (text) => {
    shown.stop();
    process.stderr.write(text);
  },
});
shown.stop();
// Native threads may keep the loop alive; what matters is flushed before.
process.stdout.write('', () => process.exit(code));
