import { createHash } from 'node:crypto';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fromFileError, RankforgeError } from '../../core/errors.js';
import type { Example } from '../../core/example.js';
import { makeFolder } from '../../core/make-folder.js';
import type { JobOptions } from '../../core/progress.js';
import { type ExampleSource, type Split, splits, type Written } from './export-format.js';

const bufferedCharacters = 1 << 18;

/** A text file that is written piece by piece, with flat memory. */
class GrowingFile {
  #handle: FileHandle;
  #text = '';
  rows = 0;

  private constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  /** @throws the file system's error, also where the file is there already */
  static async create(path: string): Promise<GrowingFile> {
    return new GrowingFile(await open(path, 'wx'));
  }

  /** Appends what is `rows` rows of the file. */
  async append(text: string, rows = 1): Promise<void> {
    this.#text += text;
    this.rows += rows;
    if (this.#text.length >= bufferedCharacters) await this.#flush();
  }

  async #flush(): Promise<void> {
    const text = this.#text;
    this.#text = '';
    if (text !== '') await this.#handle.writeFile(text);
  }

  /** Writes what is left, to the disk itself. */
  async finish(): Promise<void> {
    await this.#flush();
    await this.#handle.sync();
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

/** Files by name, each made when it is first written to. */
class FileSet {
  readonly #folder: string;
  readonly #files = new Map<string, { file: GrowingFile; split: Split | undefined }>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  async get(name: string, split?: Split, header = ''): Promise<GrowingFile> {
    const known = this.#files.get(name);
    if (known) return known.file;
    const path = join(this.#folder, name);
    await makeFolder(dirname(path));
    const file = await GrowingFile.create(path);
    this.#files.set(name, { file, split });
    await file.append(header, 0);
    return file;
  }

  /** Appends lines, where there are any. */
  async append(name: string, lines: readonly string[], split?: Split, header?: string): Promise<void> {
    if (lines.length === 0) return;
    const file = await this.get(name, split, header);
    await file.append(lines.map((line) => `${line}\n`).join(''), lines.length);
  }

  /** All files that were made, whole and on the disk. */
  async finish(): Promise<Written['files']> {
    for (const { file } of this.#files.values()) await file.finish();
    return [...this.#files].map(([path, { file, split }]) => ({
      path,
      rows: file.rows,
      ...(split ? { split } : {}),
    }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { file } of this.#files.values()) await file.close();
  }
}

/**
 * Gives every example to `write` with the files of a folder, and counts those that it made no row of.
 * @param end what the files need after the last example
 */
export async function fillFiles(
  folder: string,
  source: ExampleSource,
  { signal, onProgress }: JobOptions,
  write: (example: Example, files: FileSet) => Promise<number>,
  end: (files: FileSet) => Promise<void> = async () => {},
): Promise<Written> {
  await using files = new FileSet(folder);
  let [done, leftOut] = [0, 0];
  for await (const example of source()) {
    signal?.throwIfAborted();
    if ((await write(example, files)) === 0) leftOut++;
    done++;
    if (done % 1000 === 0) onProgress?.({ stage: 'export', done, unit: 'items' });
  }
  await end(files);
  return { files: await files.finish(), leftOut };
}

/** One text file a split, `train.jsonl` and so on, of the lines that each example gives. */
export const writeLines = (
  folder: string,
  source: ExampleSource,
  options: JobOptions,
  lines: (example: Example) => readonly string[],
): Promise<Written> =>
  fillFiles(folder, source, options, async (example, files) => {
    const made = lines(example);
    await files.append(`${example.split}.jsonl`, made, example.split);
    return made.length;
  });

const spellings: Record<Split, RegExp> = {
  train: /train/i,
  validation: /val|dev/i,
  test: /test/i,
};
/** What files of a split are called, ours first. */
const fileNames: Record<Split, readonly string[]> = {
  train: ['train'],
  validation: ['validation', 'dev', 'val'],
  test: ['test'],
};

/** The split that a file's name speaks of. */
const splitOfName = (path: string): Split | undefined =>
  splits.find((split) => spellings[split].test(basename(path)));

/** A file that belongs to a split, and what its folder calls the split. */
export interface SplitFile {
  readonly path: string;
  readonly split: Split;
  readonly name: string;
}

/**
 * The files of a path: itself with the split that was named, or that its name tells, else train; of a folder, those of
 * `fileOf` that are there, also as `.gz`.
 * @throws RankforgeError `missing-file`
 */
export function filesOf(path: string, fileOf: (name: string) => string, wanted?: Split): SplitFile[] {
  try {
    if (!statSync(path).isDirectory()) {
      const split = wanted ?? splitOfName(path) ?? 'train';
      const name = fileNames[split].find((one) => basename(path).includes(one)) ?? split;
      return [{ path, split, name }];
    }
  } catch (error) {
    throw fromFileError(error, path);
  }
  const found = splits
    .filter((split) => wanted === undefined || split === wanted)
    .flatMap((split) => {
      const files = fileNames[split].flatMap((name) =>
        [fileOf(name), `${fileOf(name)}.gz`].map((file) => ({ path: join(path, file), split, name })),
      );
      return files.find((file) => existsSync(file.path)) ?? [];
    });
  if (found.length > 0) return found;
  if (readdirSync(path).length === 0) {
    throw new RankforgeError('missing-file', `${path} is an empty folder`, {
      where: path,
      hint: 'An export leaves one where no query has what a row needs: choose another format, or another set.',
    });
  }
  throw new RankforgeError('missing-file', `There is no ${fileOf(wanted ?? 'train')} in ${path}`, {
    where: path,
    hint: 'Name the file itself, or a folder with one file for each split.',
  });
}

/** An id made of a text, for formats that have none: equal texts have equal ids. */
export const idOfText = (prefix: 'q' | 'p', text: string): string =>
  `${prefix}-${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;
