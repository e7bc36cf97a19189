import type { OnProgress } from '../../src/core/progress.js';
import { runCli } from '../../src/surfaces/cli/run-cli.js';

export interface CliRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** One command line, in this process. */
export async function rankforge(
  args: readonly string[],
  {
    signal = new AbortController().signal,
    onProgress = () => {},
  }: { readonly signal?: AbortSignal; readonly onProgress?: OnProgress } = {},
): Promise<CliRun> {
  let stdout = '';
  let stderr = '';
  const code = await runCli(args, {
    signal,
    onProgress,
    stdout: (text) => {
      stdout += text;
    },
    stderr: (text) => {
      stderr += text;
    },
  });
  return { code, stdout, stderr };
}
