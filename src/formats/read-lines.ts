import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { fromFileError, isAbort, RankforgeError } from '../core/errors.js';
import { badLineError, type ReadOptions, reportBadLine } from './bad-line.js';

export interface Line {
  /** Without its line break (LF or CRLF) and, in line 1, without a byte order mark. */
  readonly text: string;
  /** From 1. */
  readonly line: number;
  /** The bytes of `text`; only valid until the next line is asked for. */
  readonly raw: Buffer;
}

const newline = 10;
const carriageReturn = 13;
const defaultMaxLineBytes = 64 * 1024 * 1024;

/**
 * The lines of a UTF-8 text file, one at a time: memory holds one line and one chunk. A name that ends in `.gz` is
 * unzipped on the way. Empty lines are given too; a last line needs no line break.
 * @throws RankforgeError `missing-file`, `no-permission`, `bad-file` (a damaged or cut gzip), and `bad-line` for a line
 * that is not UTF-8, holds a NUL byte or is longer than `maxLineBytes`, unless `onBadLine` takes it
 */
export async function* readLines(path: string, options: ReadOptions = {}): AsyncGenerator<Line> {
  const { signal, maxLineBytes = defaultMaxLineBytes } = options;
  let line = 0;
  let isFirst = true;
  /** Pieces of a line that began in an earlier chunk. */
  let pieces: Buffer[] = [];
  let pendingBytes = 0;

  const finish = (last: Buffer): Line | undefined => {
    line++;
    let raw = pieces.length > 0 ? Buffer.concat([...pieces, last]) : last;
    const length = pendingBytes + last.length;
    pieces = [];
    pendingBytes = 0;
    if (raw.length > 0 && raw[raw.length - 1] === carriageReturn) raw = raw.subarray(0, -1);
    if (isFirst && raw[0] === 0xef && raw[1] === 0xbb && raw[2] === 0xbf) raw = raw.subarray(3);
    const fault = findFault(raw, length, maxLineBytes, isFirst);
    isFirst = false;
    if (!fault) return { text: raw.toString('utf8'), line, raw };
    const error = badLineError(path, line, fault.reason, fault.hint);
    reportBadLine({ path, line, raw: raw.subarray(0, maxLineBytes), error }, options);
    return undefined;
  };

  try {
    for await (const chunk of openChunks(path)) {
      signal?.throwIfAborted();
      let start = 0;
      for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
        const read = finish(chunk.subarray(start, end));
        if (read) yield read;
        start = end + 1;
      }
      if (start < chunk.length) {
        const piece = chunk.subarray(start);
        // An endless line is counted but no longer kept.
        if (pendingBytes <= maxLineBytes) pieces.push(piece);
        pendingBytes += piece.length;
      }
    }
    if (pendingBytes > 0) {
      const read = finish(Buffer.alloc(0));
      if (read) yield read;
    }
  } catch (error) {
    if (error instanceof RankforgeError || isAbort(error)) throw error;
    if (!String((error as NodeJS.ErrnoException | null)?.code).startsWith('Z_'))
      throw fromFileError(error, path);
    const reason =
      line === 0
        ? 'is no gzip file, or a damaged one'
        : `is a gzip file that is cut short or damaged after line ${line}`;
    throw new RankforgeError('bad-file', `${path} ${reason}`, {
      where: path,
      hint: 'Copy or download the file again; a file that is not gzip must not end in .gz.',
      cause: error,
    });
  }
}

/** All bytes of a file, unzipped where its name says so; both streams are closed however reading ends. */
async function* openChunks(path: string): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { highWaterMark: 256 * 1024 });
  if (!path.endsWith('.gz')) {
    yield* file as AsyncIterable<Buffer>;
    return;
  }
  const unzipped = createGunzip({ chunkSize: 256 * 1024 });
  file.once('error', (error) => unzipped.destroy(error));
  try {
    yield* file.pipe(unzipped) as AsyncIterable<Buffer>;
  } finally {
    file.destroy();
    unzipped.destroy();
  }
}

function findFault(
  raw: Buffer,
  length: number,
  maxLineBytes: number,
  isFirst: boolean,
): { reason: string; hint: string } | undefined {
  if (length > maxLineBytes) {
    return {
      reason: `the line is ${length} bytes long, more than ${maxLineBytes}`,
      hint: 'Write one record a line, or raise maxLineBytes.',
    };
  }
  if (isFirst && raw[0] === 0x1f && raw[1] === 0x8b) {
    return { reason: 'the file is gzip, but its name does not end in .gz', hint: 'Rename it to end in .gz.' };
  }
  // Before UTF-8: a UTF-16 file is best told by its NUL bytes.
  if (raw.includes(0)) {
    return {
      reason: 'the line holds a NUL byte',
      hint: 'The file may be binary or UTF-16: convert it to UTF-8.',
    };
  }
  if (!isUtf8(raw)) return { reason: 'the line is not valid UTF-8', hint: 'Convert the file to UTF-8.' };
  return undefined;
}
