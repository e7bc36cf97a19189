import { dirname, join } from 'node:path';
import { openBadLineFile, type ReadOptions } from '../../formats/bad-line.js';
import type { CliContext } from './cli-context.js';

export interface ReadingFlags {
  readonly skipBad?: boolean;
  readonly out?: string;
}

/**
 * How a command reads its files: under --skip-bad bad lines go to `bad-lines.jsonl` beside the output, and reading goes
 * on. Disposing it says how many there were.
 */
export function openReading(
  { skipBad, out = '.' }: ReadingFlags,
  { signal, stderr }: CliContext,
): ReadOptions & Disposable {
  const bad = skipBad ? openBadLineFile(join(dirname(out), 'bad-lines.jsonl')) : undefined;
  return {
    signal,
    onBadLine: bad?.onBadLine,
    [Symbol.dispose]() {
      bad?.[Symbol.dispose]();
      if (bad && bad.count > 0) stderr(`warning: bad lines skipped: ${bad.count}; they are in ${bad.path}\n`);
    },
  };
}
