import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** A Python program's JSON answer, or why there is none: Python or the package may be absent. */
export type PeerReply<T> = { readonly answer: T } | { readonly skipped: string };

/** Runs a peer in Python, `RANKFORGE_PYTHON` or python3, with a job on its standard input. */
export async function askPeer<T>(
  script: string,
  job: unknown,
  args: readonly string[] = [],
): Promise<PeerReply<T>> {
  const path = fileURLToPath(new URL(script, import.meta.url));
  return new Promise((resolve) => {
    const child = spawn(process.env.RANKFORGE_PYTHON ?? 'python3', [path, ...args], { stdio: 'pipe' });
    let [output, errors] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text;
    });
    child.on('error', (error) => resolve({ skipped: error.message }));
    child.on('close', (code) => {
      if (code === 0) resolve({ answer: JSON.parse(output) as T });
      else resolve({ skipped: errors.trim().split('\n').at(-1) ?? `exit code ${code}` });
    });
    // A peer that fails to start closes its input early; the close event says so.
    child.stdin.on('error', () => {});
    child.stdin.end(JSON.stringify(job));
  });
}
