import type { ReadOptions } from '../../formats/bad-line.js';
import { type Dataset, loadDataset } from '../../formats/dataset.js';
import type { CliContext } from './cli-context.js';

export interface DatasetFlags {
  readonly dataset: string;
  readonly split?: string;
  /** All queries, and not only those judged in the split. */
  readonly everyQuery?: boolean;
}

/** The dataset of a command line. Judgements of passages outside it are counted: a pool is judged beyond what it holds. */
export const openDataset = (
  { dataset, split, everyQuery }: DatasetFlags,
  { signal, onProgress }: CliContext,
  reading: ReadOptions = { signal },
): Promise<Dataset> =>
  loadDataset(dataset, { ...reading, onProgress, split, everyQuery, unknownIds: 'count' });
