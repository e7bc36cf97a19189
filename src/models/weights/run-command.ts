import { spawn } from 'node:child_process';
import { onAbort } from '../../core/wait.js';

export interface CommandResult {
  readonly code: number;
  /** The last 64 KiB. */
  readonly stdout: string;
  readonly stderr: string;
}

const kept = 1 << 16;

/**
 * Runs a program with an argument list, never through a shell, and waits for its end.
 * @throws the spawn error (`ENOENT` where there is no such program) or the signal's reason
 */
export function runCommand(
  command: string,
  args: readonly string[],
  { signal }: { signal?: AbortSignal } = {},
): Promise<CommandResult> {
  signal?.throwIfAborted();
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true });
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        output[name] = (output[name] + text).slice(-kept);
      });
    }
    const leave = onAbort(signal, () => child.kill());
    child.on('error', (error) => {
      leave();
      reject(error);
    });
    child.on('close', (code) => {
      leave();
      if (signal?.aborted) reject(signal.reason);
      else resolve({ code: code ?? 1, ...output });
    });
  });
}
