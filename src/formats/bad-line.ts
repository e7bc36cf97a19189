import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { fromFileError, RankforgeError } from '../core/errors.js';
import type { Hint } from '../core/hint.js';

/** A line that could not be used: why, where, and its bytes as they were (cut at the reader's longest line). */
export interface BadLine {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  readonly raw: Buffer;
  /** `bad-line` or `duplicate-id`, as it would be thrown. */
  readonly error: RankforgeError;
}

/** What every reader of lines takes. */
export interface ReadOptions {
  readonly signal?: AbortSignal;
  /** Receives each bad line, and reading goes on; without it the first bad line is thrown. */
  readonly onBadLine?: (bad: BadLine) => void;
  /** Bytes. A longer line is a bad one. @default 67108864 */
  readonly maxLineBytes?: number;
}

/** Where a line stands: `file:line`. */
export const lineOf = (path: string, line: number): string => `${path}:${line}`;

/** The error for a line that is not of its file's format. */
export function badLineError(
  path: string,
  line: number,
  reason: string,
  hint: Hint,
  cause?: unknown,
): RankforgeError {
  const where = lineOf(path, line);
  return new RankforgeError('bad-line', `${where}: ${reason}`, { where, hint, cause });
}

/** The error for a line whose id, or pair of ids, an earlier line has. */
export function duplicateError(path: string, line: number, what: string, earlier: number): RankforgeError {
  const where = lineOf(path, line);
  return new RankforgeError('duplicate-id', `${where}: ${what} stands on line ${earlier} already`, {
    where,
    hint: (spell) => `Keep one of the two lines, or set later ones aside with ${spell('skipBad')}.`,
  });
}

/** Throws the error, or hands it over where the caller skips bad lines. */
export function reportBadLine(bad: BadLine, { onBadLine }: ReadOptions): void {
  if (!onBadLine) throw bad.error;
  onBadLine(bad);
}

/** Where lines go that are skipped: counted, and written aside so that none is lost. */
export interface BadLineFile extends Disposable {
  readonly path: string;
  readonly count: number;
  readonly onBadLine: (bad: BadLine) => void;
}

/**
 * A file of bad lines, one JSON object a line: `where`, `code`, `message` and `text`, or `base64` where the bytes are
 * not UTF-8. It is made with the first bad line, and each line is on disk before reading goes on.
 * @throws RankforgeError `no-permission`, `disk-full` from `onBadLine`
 */
export function openBadLineFile(path: string): BadLineFile {
  let descriptor: number | undefined;
  let count = 0;
  return {
    path,
    get count() {
      return count;
    },
    onBadLine({ raw, error }) {
      const text = raw.toString('utf8');
      const content = Buffer.from(text).equals(raw) ? { text } : { base64: raw.toString('base64') };
      const record = { where: error.where, code: error.code, message: error.message, ...content };
      try {
        mkdirSync(dirname(path), { recursive: true });
        descriptor ??= openSync(path, 'w');
        writeSync(descriptor, `${JSON.stringify(record)}\n`);
      } catch (cause) {
        throw fromFileError(cause, path);
      }
      count++;
    },
    [Symbol.dispose]() {
      if (descriptor !== undefined) closeSync(descriptor);
      descriptor = undefined;
    },
  };
}
