import { dirname, join } from 'node:path';
import { openBadLineFile } from '../../formats/bad-line.js';
import { type Dataset, loadDataset } from '../../formats/dataset.js';
import type { CliContext } from './cli-context.js';

export interface DatasetFlags {
  readonly dataset: string;
  readonly split?: string;
  /** Bad lines are written to `bad-lines.jsonl` beside the output, and reading goes on. */
  readonly skipBad?: boolean;
  readonly out?: string;
}

/** The dataset of a command line. Judgements of passages outside it are counted: a pool is judged beyond what it holds. */
export async function openDataset(
  { dataset, split, skipBad, out = '.' }: DatasetFlags,
  { signal, onProgress, stderr }: CliContext,
): Promise<Dataset> {
  using bad = skipBad ? openBadLineFile(join(dirname(out), 'bad-lines.jsonl')) : undefined;
  const loaded = await loadDataset(dataset, {
    signal,
    onProgress,
    unknownIds: 'count',
    ...(split === undefined ? {} : { split }),
    ...(bad ? { onBadLine: bad.onBadLine } : {}),
  });
  if (bad && bad.count > 0) stderr(`warning: ${bad.count} bad lines were skipped; they are in ${bad.path}\n`);
  return loaded;
}
