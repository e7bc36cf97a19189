import { createHash, type Hash, randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fromFileError, RankforgeError } from '../core/errors.js';
import { makeFolder } from '../core/make-folder.js';

export type Section = Int32Array | Float32Array | Uint8Array;

/** What an index keeps on disk: named arrays, and the settings it was made with. */
export interface BinaryContent {
  readonly settings: Readonly<Record<string, unknown>>;
  readonly sections: Readonly<Record<string, Section>>;
}

interface Header {
  readonly kind: string;
  readonly settings: Record<string, unknown>;
  readonly sections: readonly {
    readonly name: string;
    readonly type: 'i32' | 'f32' | 'u8';
    readonly length: number;
  }[];
}

const magic = Buffer.from('RANKFORG');
const formatVersion = 1;
const hashSize = 32;
// One read or write of Node takes less than 2 GiB.
const chunkSize = 2 ** 28;

/**
 * Writes magic, version, header and sections, then the SHA-256 of all of it; beside the path first and moved there at the
 * end, so that a killed run leaves the old file or the new one.
 * @throws RankforgeError `disk-full`, `no-permission`
 */
export async function writeBinaryFile(
  path: string,
  kind: string,
  { settings, sections }: BinaryContent,
): Promise<void> {
  const header: Header = {
    kind,
    settings,
    sections: Object.entries(sections).map(([name, data]) => ({
      name,
      type: typeOf(data),
      length: data.length,
    })),
  };
  const temporary = `${path}.${process.pid}-${randomBytes(4).toString('hex')}.tmp`;
  try {
    await makeFolder(dirname(path));
    const file = await open(temporary, 'wx');
    try {
      const hash = createHash('sha256');
      for (const part of [encodeHeader(header), ...Object.values(sections).map(bytesOf)])
        await writeAll(file, part, hash);
      await file.writeFile(hash.digest());
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    // Where removing fails too, the first error is the one to tell.
    await rm(temporary, { force: true }).catch(() => {});
    throw fromFileError(error, path);
  }
}

/**
 * Reads what `writeBinaryFile` wrote.
 * @throws RankforgeError `missing-file`; `bad-file` when it is of another kind or version, cut or changed
 */
export async function readBinaryFile(path: string, kind: string): Promise<BinaryContent> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (error) {
    throw fromFileError(error, path);
  }
  try {
    const hash = createHash('sha256');
    const start = await readAll(file, Buffer.alloc(magic.length + 8), path, hash);
    if (!start.subarray(0, magic.length).equals(magic)) throw badFile(path, 'it is no index of rankforge');
    const version = start.readUInt32LE(magic.length);
    if (version !== formatVersion)
      throw badFile(path, `its format is version ${version}, not ${formatVersion}`);
    const headerSize = start.readUInt32LE(magic.length + 4);
    const size = (await file.stat()).size;
    if (headerSize > size) throw badFile(path, 'it is cut short');
    const header = parseHeader(await readAll(file, Buffer.alloc(headerSize), path, hash), path);
    if (header.kind !== kind) throw badFile(path, `it is a ${header.kind}, not a ${kind}`);
    const width = { i32: 4, f32: 4, u8: 1 };
    const body = header.sections.reduce((sum, { type, length }) => sum + width[type] * length, 0);
    if (size !== start.length + headerSize + body + hashSize) throw badFile(path, 'it is cut short');
    const sections: Record<string, Section> = {};
    for (const { name, type, length } of header.sections) {
      const data =
        type === 'i32'
          ? new Int32Array(length)
          : type === 'f32'
            ? new Float32Array(length)
            : new Uint8Array(length);
      await readAll(file, bytesOf(data), path, hash);
      sections[name] = data;
    }
    const expected = hash.digest();
    if (!expected.equals(await readAll(file, Buffer.alloc(hashSize), path)))
      throw badFile(path, 'its content has changed');
    return { settings: header.settings, sections };
  } finally {
    await file.close();
  }
}

/** A section of texts, as JSON. */
export const encodeTexts = (texts: readonly string[]): Uint8Array => Buffer.from(JSON.stringify(texts));

/** The texts of such a section. */
export const decodeTexts = (section: Section | undefined): string[] =>
  JSON.parse(Buffer.from(section as Uint8Array).toString()) as string[];

/** The error for an index file that cannot be used. */
export const badFile = (path: string, what: string): RankforgeError =>
  new RankforgeError('bad-file', `${path} cannot be used: ${what}`, {
    where: path,
    hint: 'Delete it; the index is built again from the corpus.',
  });

function encodeHeader(header: Header): Uint8Array {
  const json = Buffer.from(JSON.stringify(header));
  const numbers = Buffer.alloc(8);
  numbers.writeUInt32LE(formatVersion, 0);
  numbers.writeUInt32LE(json.length, 4);
  return Buffer.concat([magic, numbers, json]);
}

function parseHeader(bytes: Buffer, path: string): Header {
  try {
    return JSON.parse(bytes.toString()) as Header;
  } catch {
    throw badFile(path, 'its header cannot be read');
  }
}

const typeOf = (data: Section): 'i32' | 'f32' | 'u8' =>
  data instanceof Int32Array ? 'i32' : data instanceof Float32Array ? 'f32' : 'u8';

const bytesOf = (data: Section): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

async function writeAll(file: FileHandle, bytes: Uint8Array, hash: Hash): Promise<void> {
  for (let i = 0; i < bytes.length; i += chunkSize) {
    const chunk = bytes.subarray(i, i + chunkSize);
    hash.update(chunk);
    await file.writeFile(chunk);
  }
}

async function readAll<T extends Uint8Array>(
  file: FileHandle,
  into: T,
  path: string,
  hash?: Hash,
): Promise<T> {
  for (let i = 0; i < into.length; ) {
    const { bytesRead } = await file.read(into, i, Math.min(chunkSize, into.length - i));
    if (bytesRead === 0) throw badFile(path, 'it is cut short');
    i += bytesRead;
  }
  hash?.update(into);
  return into;
}
