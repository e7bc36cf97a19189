import type { Example } from '../../core/example.js';
import type { JobOptions } from '../../core/progress.js';
import type { ReadOptions } from '../bad-line.js';
import type { ExampleField } from './example-fields.js';
import type { ListwiseFrame } from './listwise-frame.js';
import type { RelevanceOptions } from './relevance.js';

export type Split = Example['split'];
export const splits: readonly Split[] = ['train', 'validation', 'test'];

/** Examples that can be gone through more than once: a list, or a function that begins to read a file anew. */
export type ExampleSource = () => Iterable<Example> | AsyncIterable<Example>;

export interface ExportOptions extends RelevanceOptions, JobOptions {
  /** Draws negatives and the order of listed passages. @default 7 */
  readonly seed?: number;
  /** Negatives of an n-tuple; a query with fewer gives no row. @default 4 */
  readonly negatives?: number;
  /** Passages of one listwise prompt at most, 2 to 26; more are cut into several prompts. @default 20 */
  readonly listSize?: number;
  /** How a model is asked for a ranking; the chat formats need it. `rankforge/rerank` has `trainingFrame`. */
  readonly frame?: ListwiseFrame;
}

export interface ImportOptions extends RelevanceOptions, ReadOptions, JobOptions {
  /** The split of a file whose name does not say it. @default 'train' */
  readonly split?: Split;
  /** Where the texts are that the format itself does not hold: a BEIR folder or its `corpus.jsonl`. */
  readonly corpus?: string;
  /** Judgements say relevant or not: every grade above 0 becomes 3. Without it grades are 0 to 3, and a higher one is an error. */
  readonly binary?: boolean;
}

/** A file of an export. */
export interface WrittenFile {
  /** From the format's folder, with `/`. */
  readonly path: string;
  readonly split?: Split;
  readonly rows: number;
}

export interface Written {
  readonly files: readonly WrittenFile[];
  /** Examples that gave no row, such as those without a relevant passage where pairs are written. */
  readonly leftOut: number;
}

/** A column of a file's rows, as metadata describe it. */
export interface Column {
  readonly name: string;
  readonly type: 'text' | 'integer' | 'number';
  readonly description: string;
  /** A list of such values in each row. */
  readonly repeated?: boolean;
  /** The key inside each object of the list. */
  readonly key?: string;
}

/** A file format that examples are written to and read back from. */
export interface ExportFormat {
  /** What it is for, in a few words. */
  readonly summary: string;
  /** What an example must have to give a row. @default 'a passage' */
  readonly needs?: string;
  /** What of an example comes back from it unchanged. */
  readonly holds: readonly ExampleField[];
  /** What a row consists of, where the files are tables that metadata can describe. */
  readonly columns?: (options: ExportOptions) => readonly Column[];
  /** Fills an empty folder. */
  readonly write: (folder: string, source: ExampleSource, options: ExportOptions) => Promise<Written>;
  /** The examples of such a folder, or of one of its files. */
  readonly read: (path: string, options: ImportOptions) => AsyncGenerator<Example>;
}
