import type { JobOptions } from '../../core/progress.js';

/** Where a command writes, and what stops it. Tests give their own. */
export interface CliContext extends Required<JobOptions> {
  /** Results: text for people, or JSON for machines. */
  readonly stdout: (text: string) => void;
  /** Progress, warnings and errors. */
  readonly stderr: (text: string) => void;
}

/** Prints a result: `json` as one line for machines under --json, else `text`. */
export function printResult(
  context: CliContext,
  { json }: { json?: boolean },
  result: unknown,
  text: () => string,
): void {
  context.stdout(json ? `${JSON.stringify(result)}\n` : text());
}
