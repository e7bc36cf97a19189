import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { fromFileError } from './errors.js';

const waitingLimit = 1 << 20;

/**
 * A file for what does not fit into memory while a job runs: written at its end, read anywhere and at once, which from the system's
 * cache takes microseconds. Made anew, removed on disposal.
 */
export class ScratchFile implements Disposable {
  readonly path: string;
  readonly #file: number;
  #written = 0;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;

  /** @throws RankforgeError `missing-file`, `no-permission`, `disk-full` */
  constructor(path: string) {
    this.path = path;
    this.#file = this.#try(() => openSync(path, 'w+', 0o600));
  }

  /**
   * @param bytes which the caller leaves as they are
   * @returns where they begin
   * @throws RankforgeError `disk-full`
   */
  append(bytes: Uint8Array): number {
    const start = this.#written + this.#waitingBytes;
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    if (this.#waitingBytes >= waitingLimit) this.#flush();
    return start;
  }

  /**
   * @param into where to put them. @default a buffer of their own
   * @returns the bytes; zeros where the file was cut off by someone else
   */
  read(start: number, length: number, into: ArrayBuffer = new ArrayBuffer(length)): Uint8Array<ArrayBuffer> {
    if (start + length > this.#written) this.#flush();
    const bytes = new Uint8Array(into, 0, length);
    this.#try(() => {
      for (let done = 0; done < length; ) {
        const read = readSync(this.#file, bytes, done, length - done, start + done);
        if (read === 0) {
          bytes.fill(0, done);
          break;
        }
        done += read;
      }
    });
    return bytes;
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
    rmSync(this.path, { force: true });
  }

  #flush(): void {
    const bytes = Buffer.concat(this.#waiting, this.#waitingBytes);
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#try(() => {
      for (let done = 0; done < bytes.length; )
        done += writeSync(this.#file, bytes, done, bytes.length - done, this.#written + done);
    });
    this.#written += bytes.length;
  }

  #try<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw fromFileError(error, this.path);
    }
  }
}
