import { RankforgeError } from '../../core/errors.js';
import type { Run } from '../../core/run.js';
import type { ReadOptions } from '../../formats/bad-line.js';
import { readRun } from '../../formats/trec-run.js';

/** A run that a command line names. @throws RankforgeError as `readRun` does; `too-little-data` where it ranks nothing */
export async function readGivenRun(path: string, reading?: ReadOptions): Promise<Run> {
  const run = await readRun(path, reading);
  if (run.size > 0) return run;
  throw new RankforgeError('too-little-data', 'The run is empty', {
    where: path,
    hint: 'Give a run that ranks passages for at least one query.',
  });
}
