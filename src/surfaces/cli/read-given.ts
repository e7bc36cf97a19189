import { RankforgeError } from '../../core/errors.js';
import type { Qrels, Run } from '../../core/run.js';
import type { ReadOptions } from '../../formats/bad-line.js';
import { readQrels } from '../../formats/qrels.js';
import { readRankings } from '../../formats/ranking-file.js';
import { readRun } from '../../formats/trec-run.js';

/** A run that a command line names. @throws RankforgeError as `readRun` does; `too-little-data` where it ranks nothing */
export const readGivenRun = async (path: string, reading?: ReadOptions): Promise<Run> =>
  notEmpty(await readRun(path, reading), path, emptyRun);

/** The same of RankLLM's results too. @throws RankforgeError as `readRankings` and `readGivenRun` do */
export const readGivenRankings = async (path: string, reading?: ReadOptions): Promise<Run> =>
  notEmpty(await readRankings(path, reading), path, emptyRun);

/** Judgements that a command line names. @throws RankforgeError as `readQrels` does; `too-little-data` where there are none */
export const readGivenQrels = async (path: string, reading?: ReadOptions): Promise<Qrels> =>
  notEmpty(await readQrels(path, reading), path, {
    message: 'The file of judgements has none',
    hint: 'Give judgements of at least one query; a file without any may be the wrong one, or cut short.',
  });

const emptyRun = {
  message: 'The run is empty',
  hint: 'Give a run that ranks passages for at least one query.',
};

/** Told here, where the file is known. */
function notEmpty<T extends Run | Qrels>(
  read: T,
  path: string,
  { message, hint }: { readonly message: string; readonly hint: string },
): T {
  if (read.size > 0) return read;
  throw new RankforgeError('too-little-data', message, { where: path, hint });
}
